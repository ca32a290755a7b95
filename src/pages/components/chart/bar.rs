//! Bars: one pile for each bucket of time.

use super::share;

/// Width of a bar within its bucket.
const SHARE: f64 = 0.72;

/// A part of a bar, in the units of its SVG attributes: x and width in per cent, y and height in pixels.
#[derive(Debug, PartialEq, Eq)]
pub struct Bar {
    /// `fill`, `fill-wait` or `fill-bad`.
    pub class: &'static str,
    pub x: String,
    pub y: String,
    pub width: String,
    pub height: String,
}

/// Piles parts up from `base`: each a class and its height in pixels. Nothing stands higher than `top`.
pub fn pile(
    (bucket, buckets): (usize, usize),
    (base, top): (f64, f64),
    parts: impl IntoIterator<Item = (&'static str, f64)>,
) -> Vec<Bar> {
    let step = share(1, buckets);
    let x = step.mul_add((1.0 - SHARE) / 2.0, share(bucket, buckets));
    let mut below = base;
    let parts = parts.into_iter().filter(|(_, height)| *height > 0.0);
    let bars = parts.map(|(class, height)| {
        let y = (below - height).max(top);
        let height = below - y;
        below = y;
        Bar {
            class,
            x: format!("{x:.2}"),
            y: format!("{y:.1}"),
            width: format!("{:.2}", step * SHARE),
            height: format!("{height:.1}"),
        }
    });
    bars.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(bars: &[Bar]) -> Vec<(&str, &str, &str)> {
        bars.iter().map(|bar| (bar.class, bar.y.as_str(), bar.height.as_str())).collect()
    }

    #[test]
    fn pile_stacks_its_parts_in_the_middle_of_their_bucket() {
        let bars = pile((1, 4), (100.0, 0.0), [("fill", 20.0), ("fill-wait", 0.0), ("fill-bad", 2.0)]);
        assert_eq!(drawn(&bars), [("fill", "80.0", "20.0"), ("fill-bad", "78.0", "2.0")]);
        assert!(bars.iter().all(|bar| (bar.x.as_str(), bar.width.as_str()) == ("28.50", "18.00")));
    }

    #[test]
    fn pile_ends_at_the_top_of_the_plot() {
        let bars = pile((0, 1), (100.0, 16.0), [("fill", 83.0), ("fill-bad", 2.0)]);
        assert_eq!(drawn(&bars), [("fill", "17.0", "83.0"), ("fill-bad", "16.0", "1.0")]);
    }
}
