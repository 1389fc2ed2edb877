//! The tree of `docs/reductions.md`, written to be read, not to be fast.

use crate::run::Leaf;

/// Joins neighbours, level by level; an odd last one passes through.
fn binary<T: Clone>(mut level: Vec<T>, join: impl Fn(&T, &T) -> T) -> T {
    while level.len() > 1 {
        level = level.chunks(2).map(|pair| if let [a, b] = pair { join(a, b) } else { pair[0].clone() }).collect();
    }
    level[0].clone()
}

fn across(values: &[f64], cols: usize) -> f64 {
    let mut blocks = Vec::new();
    for row in values.chunks(cols) {
        for block in row.chunks(64) {
            let mut lanes = [-0.0; 8];
            for (j, x) in block.iter().enumerate() {
                lanes[j % 8] += x;
            }
            blocks.push(lanes);
        }
    }
    let l = binary(blocks, |a, b| std::array::from_fn(|j| a[j] + b[j]));
    let four: [f64; 4] = std::array::from_fn(|j| l[j] + l[j + 4]);
    let two = [four[0] + four[2], four[1] + four[3]];
    two[0] + two[1]
}

fn down(values: &[f64]) -> f64 {
    let groups = values.chunks(4).map(|group| group.iter().fold(-0.0, |sum, x| sum + x)).collect();
    binary(groups, |a, b| a + b)
}

/// The sum of a leaf's values in the order of the leaf's form.
pub fn sum(values: &[f64], leaf: Leaf) -> f64 {
    match leaf {
        Leaf::Across { cols, .. } => across(values, cols),
        Leaf::Down { .. } => down(values),
    }
}

/// The product of a leaf's values in the order of the leaf's form.
pub fn product<T: Copy>(values: &[T], leaf: Leaf, times: impl Fn(T, T) -> T) -> T {
    let in_order = |values: &[T]| values[1..].iter().fold(values[0], |product, &x| times(product, x));
    if matches!(leaf, Leaf::Down { .. }) || values.len() < 8 {
        return in_order(values);
    }
    let lane = |j: usize| in_order(&values[j..].iter().copied().step_by(8).collect::<Vec<_>>());
    let l: Vec<T> = (0..8).map(lane).collect();
    let four: Vec<T> = (0..4).map(|j| times(l[j], l[j + 4])).collect();
    let two = [times(four[0], four[2]), times(four[1], four[3])];
    times(two[0], two[1])
}

/// The values of a leaf combined with an operation in the order of the leaf's form.
pub fn folded<T: Copy>(values: &[T], leaf: Leaf, combine: impl Fn(T, T) -> T) -> T {
    if matches!(leaf, Leaf::Down { .. }) {
        return binary(values.to_vec(), |&a, &b| combine(a, b));
    }
    let mut values = values.to_vec();
    while values.len() > 1 {
        let (half, rest) = (values.len() / 2, values.len().div_ceil(2));
        for i in 0..half {
            values[i] = combine(values[i], values[rest + i]);
        }
        values.truncate(rest);
    }
    values[0]
}

/// Mean and sum of squared deviations of a leaf.
pub fn moments(values: &[f64], leaf: Leaf) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = sum(values, leaf) / n;
    let deviations: Vec<f64> = values.iter().map(|x| x - mean).collect();
    let squares: Vec<f64> = deviations.iter().map(|d| d * d).collect();
    let (off, squares) = (sum(&deviations, leaf), sum(&squares, leaf));
    let correction = off * off / n;
    let m2 = if correction.is_finite() { squares - correction } else { squares };
    (mean, if m2 < 0.0 { 0.0 } else { m2 })
}
