//! A value over time as a line. Where nothing was measured there is a gap.

use super::{HEIGHT, share};

/// A line, in pieces between gaps. Its points are in a plot 1,000 wide and [`HEIGHT`] high.
#[derive(Debug, PartialEq, Eq)]
pub struct Curve {
    /// `line`, or `line line-soft`.
    pub class: &'static str,
    /// The points of each piece, as SVG writes them.
    pub pieces: Vec<String>,
}

impl Curve {
    /// Through the middle of each bucket at its height in pixels above the base.
    pub fn new(class: &'static str, heights: &[Option<f64>]) -> Self {
        let middle = |bucket: usize| 10.0 * (share(bucket, heights.len()) + share(1, heights.len()) / 2.0);
        let point = |x: f64, height: f64| format!("{x:.1},{:.1}", HEIGHT - height);
        let mut pieces: Vec<Vec<String>> = vec![Vec::new()];
        for (bucket, height) in heights.iter().enumerate() {
            match (height, pieces.last_mut()) {
                (Some(height), Some(piece)) => {
                    // A single bucket between gaps is seen as a short line.
                    let is_alone = piece.is_empty() && heights.get(bucket + 1).is_none_or(Option::is_none);
                    let reach = if is_alone { 2.5 * share(1, heights.len()) } else { 0.0 };
                    piece.push(point(middle(bucket) - reach, *height));
                    piece.extend(is_alone.then(|| point(middle(bucket) + reach, *height)));
                }
                _ => pieces.push(Vec::new()),
            }
        }
        let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
        Self { class, pieces: pieces.map(|piece| piece.join(" ")).collect() }
    }

    /// A level from one side to the other.
    pub fn level(class: &'static str, height: f64) -> Self {
        let y = HEIGHT - height;
        Self { class, pieces: vec![format!("0.0,{y:.1} 1000.0,{y:.1}")] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curve_has_a_gap_where_nothing_was_measured() {
        let curve = Curve::new("line", &[Some(0.0), Some(50.0), None, Some(100.0)]);
        assert_eq!(curve.pieces, ["125.0,100.0 375.0,50.0", "812.5,0.0 937.5,0.0"]);
        assert_eq!(Curve::new("line", &[None, None]).pieces, Vec::<String>::new());
    }
}
