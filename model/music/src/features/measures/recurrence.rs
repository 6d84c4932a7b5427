//! What comes back?

/// How many of the bars are the same as an earlier one. What makes bars the same is decided by what
/// they are made of.
pub fn n_repeated<B: Ord>(bars: impl IntoIterator<Item = B>) -> usize {
    let mut bars: Vec<B> = bars.into_iter().collect();
    bars.sort_unstable();
    bars.windows(2).filter(|pair| pair[0] == pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_its_kind_repeats_nothing() {
        assert_eq!(n_repeated([1, 2, 1, 1, 3]), 2);
        assert_eq!(n_repeated(Vec::<u8>::new()), 0);
    }
}
