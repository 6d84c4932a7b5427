//! How are the inner loops made fast?
//!
//! The only place with `unsafe`: a checked front for `gemm`, and run-time dispatch of the element
//! loops to the widest instructions of the processor. The arithmetic itself is safe Rust that the
//! compiler vectorises.

/// A row-major view for [`matmul`]: `stride` numbers from one row to the next.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) height: usize,
    pub(crate) width: usize,
    pub(crate) stride: usize,
}

impl<'a> Rows<'a> {
    /// A dense matrix of `width` columns.
    pub(crate) fn dense(values: &'a [f32], width: usize) -> Self {
        Self { values, height: values.len() / width, width, stride: width }
    }

    fn fits(&self) -> bool {
        self.height == 0 || (self.height - 1) * self.stride + self.width <= self.values.len()
    }
}

/// `out += a · b`, or `out += aᵀ · b` with `transpose_a`, on one thread.
///
/// `out` is row-major with `b.width` columns, dense.
pub(crate) fn matmul_add(out: &mut [f32], a: Rows<'_>, b: Rows<'_>, transpose_a: bool) {
    let (m, k) = if transpose_a { (a.width, a.height) } else { (a.height, a.width) };
    let n = b.width;
    assert!(a.fits() && b.fits() && k == b.height && out.len() == m * n, "shapes must agree");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    let (a_rs, a_cs) = if transpose_a { (1, a.stride) } else { (a.stride, 1) };
    #[expect(unsafe_code, reason = "gemm takes pointers; the assertion above bounds all three")]
    // SAFETY: every element that gemm touches lies within its slice, by the assertion above, and
    // `out` is borrowed exclusively.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            n as isize,
            true,
            a.values.as_ptr(),
            a_cs as isize,
            a_rs as isize,
            b.values.as_ptr(),
            1,
            b.stride as isize,
            1.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// One step of the optimiser.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Learning rate.
    pub(crate) rate: f32,
    /// What gradients are multiplied by first (clipping).
    pub(crate) scale: f32,
    /// Weight decay, the rate included.
    pub(crate) decay: f32,
    /// Bias corrections of both moments.
    pub(crate) corrections: (f32, f32),
}

/// Defines a function whose body is compiled for AVX-512, for AVX2 and for any processor, and which
/// takes the best of them at run time.
macro_rules! dispatched {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $type),*) {
            #[inline(always)]
            fn portable($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma")]
                fn avx512($($arg: $type),*) { portable($($arg),*); }
                #[target_feature(enable = "avx2,fma")]
                fn avx2($($arg: $type),*) { portable($($arg),*); }
                use std::arch::is_x86_feature_detected as has;
                if has!("avx512f") && has!("avx512vl") && has!("avx512dq") && has!("avx512bw")
                    && has!("fma")
                {
                    #[expect(unsafe_code, reason = "calls code for instructions just detected")]
                    // SAFETY: the processor has the instructions.
                    return unsafe { avx512($($arg),*) };
                }
                if has!("avx2") && has!("fma") {
                    #[expect(unsafe_code, reason = "calls code for instructions just detected")]
                    // SAFETY: the processor has the instructions.
                    return unsafe { avx2($($arg),*) };
                }
            }
            portable($($arg),*);
        }
    };
}

/// `e^x` to about 2e-7 relative, for |x| up to 87 (held within). Cephes' `expf` without branches.
#[inline(always)]
fn exp(x: f32) -> f32 {
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 87.0);
    let n = (x * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let poly = ((((1.987_569_1e-4 * r + 1.398_199_9e-3) * r + 8.333_452e-3) * r + 4.166_579_6e-2)
        * r
        + 1.666_666_5e-1)
        * r
        + 0.5;
    let scale = f32::from_bits((((n as i32) + 127) << 23) as u32);
    (poly * r * r + r + 1.0) * scale
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
#[expect(clippy::inline_always, reason = "must be compiled into each variant of its callers")]
fn tanh(x: f32) -> f32 {
    2.0 / (1.0 + exp(-2.0 * x)) - 1.0
}

dispatched! {
    /// One LSTM step of one lane. `gates` \[4H\] holds the sums for input, forget, candidate and
    /// output gate and is replaced by their activations; `cell` \[H\] goes from the last step's
    /// to this one's; `hidden` \[H\] receives the output.
    fn lstm_cell(gates: &mut [f32], cell: &mut [f32], hidden: &mut [f32]) {
        let n = cell.len();
        let (input, rest) = gates.split_at_mut(n);
        let (forget, rest) = rest.split_at_mut(n);
        let (candidate, output) = rest.split_at_mut(n);
        let (output, hidden) = (&mut output[..n], &mut hidden[..n]);
        for j in 0..n {
            input[j] = sigmoid(input[j]);
            forget[j] = sigmoid(forget[j]);
            candidate[j] = tanh(candidate[j]);
            output[j] = sigmoid(output[j]);
            cell[j] = forget[j] * cell[j] + input[j] * candidate[j];
            hidden[j] = output[j] * tanh(cell[j]);
        }
    }
}

dispatched! {
    /// The step's gradient. `gates` are activations \[4H\], `before` and `cell` the cell states
    /// before and after, `d_hidden` the gradient of the output; `d_cell` goes from the gradient of
    /// the cell after to that of the cell before; `d_gates` \[4H\] receives that of the sums.
    fn lstm_cell_gradient(
        gates: &[f32], before: &[f32], cell: &[f32], d_hidden: &[f32], d_cell: &mut [f32],
        d_gates: &mut [f32],
    ) {
        let n = cell.len();
        let (input, rest) = gates.split_at(n);
        let (forget, rest) = rest.split_at(n);
        let (candidate, output) = rest.split_at(n);
        let (d_input, rest) = d_gates.split_at_mut(n);
        let (d_forget, rest) = rest.split_at_mut(n);
        let (d_candidate, d_output) = rest.split_at_mut(n);
        let (output, d_output) = (&output[..n], &mut d_output[..n]);
        let (before, d_hidden, d_cell) = (&before[..n], &d_hidden[..n], &mut d_cell[..n]);
        for j in 0..n {
            let squashed = tanh(cell[j]);
            let d = d_cell[j] + d_hidden[j] * output[j] * (1.0 - squashed * squashed);
            d_output[j] = d_hidden[j] * squashed * output[j] * (1.0 - output[j]);
            d_input[j] = d * candidate[j] * input[j] * (1.0 - input[j]);
            d_forget[j] = d * before[j] * forget[j] * (1.0 - forget[j]);
            d_candidate[j] = d * input[j] * (1.0 - candidate[j] * candidate[j]);
            d_cell[j] = d * forget[j];
        }
    }
}

dispatched! {
    /// Replaces `values` by `e^(value - max)` and adds their sum to `sum`.
    fn exp_shifted(values: &mut [f32], max: f32, sum: &mut f32) {
        for value in values.iter_mut() {
            *value = exp(*value - max);
        }
        // Sixteen sums, so that the compiler may keep them in one register.
        let mut sums = [0.0f32; 16];
        let chunks = values.chunks_exact(16);
        let tail: f32 = chunks.remainder().iter().sum();
        for chunk in chunks {
            for (total, value) in sums.iter_mut().zip(chunk) {
                *total += value;
            }
        }
        *sum += sums.iter().sum::<f32>() + tail;
    }
}

dispatched! {
    /// `out += x · row` for one row of a matrix.
    fn add_scaled(out: &mut [f32], x: f32, row: &[f32]) {
        for (sum, value) in out.iter_mut().zip(row) {
            *sum += x * value;
        }
    }
}

dispatched! {
    /// `AdamW` (Loshchilov and Hutter 2019) on one parameter with the moments `mean` and `square`.
    fn adamw(
        parameter: &mut [f32], gradient: &[f32], mean: &mut [f32], square: &mut [f32], step: &Step,
    ) {
        const BETA: (f32, f32) = (0.9, 0.99);
        let n = parameter.len();
        let (gradient, mean, square) = (&gradient[..n], &mut mean[..n], &mut square[..n]);
        for j in 0..n {
            let g = gradient[j] * step.scale;
            mean[j] = BETA.0 * mean[j] + (1.0 - BETA.0) * g;
            square[j] = BETA.1 * square[j] + (1.0 - BETA.1) * g * g;
            let (first, second) = step.corrections;
            let direction = mean[j] * first / ((square[j] * second).sqrt() + 1e-8);
            parameter[j] -= step.rate * direction + step.decay * parameter[j];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fast_exponential_is_the_exponential() {
        for i in -8600..=8600 {
            let x = i as f32 / 100.0;
            let error = (f64::from(exp(x)) / f64::from(x).exp() - 1.0).abs();
            assert!(error < 4e-7, "e^{x} is off by {error}");
        }
    }

    #[test]
    fn activations_agree_with_the_standard_library() {
        for i in -2000..=2000 {
            let x = i as f32 / 100.0;
            assert!((tanh(x) - x.tanh()).abs() < 5e-7);
            assert!((sigmoid(x) - 1.0 / (1.0 + (-x).exp())).abs() < 5e-7);
        }
    }

    #[test]
    fn products_are_those_of_the_definition() {
        let a: Vec<f32> = (0..6).map(|v| v as f32).collect();
        let b: Vec<f32> = (0..12).map(|v| v as f32 * 0.5).collect();
        let mut out = vec![1.0; 8];
        matmul_add(&mut out, Rows::dense(&a, 3), Rows::dense(&b, 4), false);
        for i in 0..2 {
            for j in 0..4 {
                let sum: f32 = (0..3).map(|l| a[i * 3 + l] * b[l * 4 + j]).sum();
                assert!((out[i * 4 + j] - 1.0 - sum).abs() < 1e-5);
            }
        }
        let mut out = vec![0.0; 3 * 4];
        matmul_add(&mut out, Rows::dense(&a, 3), Rows::dense(&b[..8], 4), true);
        assert!((out[1] - (a[0] * b[1] + a[3] * b[5])).abs() < 1e-5);
    }
}
