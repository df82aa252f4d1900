//! How an amount is shared out, so that the parts add up to it: the last one takes what the others leave.

use workbench_market::Result;
use workbench_market::number::{Rounding, mul_div};

/// Parts of a whole in proportion to weights, toward zero; the last takes the rest.
pub fn in_proportion(whole: i128, weights: &[(usize, i128)]) -> Result<Vec<(usize, i128)>> {
    let sum: i128 = weights.iter().map(|(_, weight)| weight).sum();
    let part = |&(number, weight): &(usize, i128)| {
        let part = if sum == 0 { Ok(0) } else { mul_div(whole, weight, sum, Rounding::SIZE) };
        part.map(|part| (number, part))
    };
    let mut parts = weights.iter().map(part).collect::<Result<Vec<_>>>()?;
    level(whole, &mut parts);
    Ok(parts)
}

/// Gives the last part what is missing to the whole.
pub fn level(whole: i128, parts: &mut [(usize, i128)]) {
    let sum: i128 = parts.iter().map(|(_, part)| part).sum();
    if let Some(last) = parts.last_mut() {
        last.1 += whole - sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_takes_the_rest() {
        // 10 x 1 / 3, toward zero, twice; the last has what is left.
        assert_eq!(in_proportion(10, &[(0, 1), (2, 1), (3, 1)]).unwrap(), [(0, 3), (2, 3), (3, 4)]);
        assert_eq!(in_proportion(-10, &[(0, 2), (1, 1)]).unwrap(), [(0, -6), (1, -4)]);
        assert_eq!(in_proportion(7, &[(1, 0)]).unwrap(), [(1, 7)]);
        assert_eq!(in_proportion(7, &[]).unwrap(), []);
    }
}
