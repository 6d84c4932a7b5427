//! How is a text made safe for a message?

use super::marker::Marker;

/// The most characters that a message may have.
pub(super) const MAX_CHARS: usize = 2000;

/// `text` cut to what a message may hold.
pub(crate) fn cut(text: &str) -> String {
    shorten(text, MAX_CHARS)
}

/// `text` cut to what a message may hold, with the marker at its end if the cut took it.
pub(crate) fn cut_before(text: &str, marker: &Marker) -> String {
    let short = cut(text);
    if marker.is_in(&short) {
        return short;
    }
    let end = format!("\n-# {}", marker.as_str());
    shorten(text, MAX_CHARS - end.chars().count()) + &end
}

/// The line that is added for a file that the place does not take.
pub(crate) fn left_out(name: &str, n_bytes: usize, max_bytes: usize) -> String {
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    let name = plain(name, 100);
    let (has, most) = (mib(n_bytes), mib(max_bytes));
    format!("\n-# {name} is left out: it has {has:.1} MiB, and {most:.1} MiB is the limit here")
}

/// `text` on one line, at most `max_chars` characters before escaping, with everything escaped that
/// Discord would read as formatting, a link or a mention.
pub(super) fn plain(text: &str, max_chars: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in shorten(text, max_chars).chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '[' | ']' | '#' | ':') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
        if c == '@' {
            // A zero-width space, so that @everyone mentions nobody.
            out.push('\u{200B}');
        }
    }
    out
}

/// The first `max_chars` characters, the last of them `…` if there are more.
fn shorten(text: &str, max_chars: usize) -> String {
    if text.chars().count() <= max_chars {
        return text.to_owned();
    }
    text.chars().take(max_chars.saturating_sub(1)).chain(['…']).collect()
}

/// `1 song`, `2 songs`.
pub(super) fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let text = cut(&"ä".repeat(3000));
        assert_eq!((text.chars().count(), text.chars().last()), (MAX_CHARS, Some('…')));
        let marker = Marker::of_track(9);
        let text = cut_before(&"ä".repeat(3000), &marker);
        assert!(text.chars().count() == MAX_CHARS && marker.is_in(&text));
        assert_eq!(cut_before("short", &marker), "short\n-# track 0000000000000009");
    }
}
