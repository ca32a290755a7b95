//! JSON for property tests, made of words that a reader knows, so that it comes close to what it reads.

use proptest::prelude::*;
use serde_json::Value;

/// Any JSON whose keys and texts are often among these words.
pub(crate) fn near(words: &[&'static str]) -> BoxedStrategy<Value> {
    let word = prop_oneof![8 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => (-1e6..1e6).prop_map(Value::from),
        1 => (0..4_u64).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    let inner = leaf.prop_recursive(6, 64, 8, move |inner| {
        prop_oneof![
            1 => proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            2 => object(word.clone(), inner),
        ]
    });
    let word = proptest::sample::select(words.to_vec()).prop_map(str::to_owned);
    object(word, inner).boxed()
}

fn object(
    key: impl Strategy<Value = String> + 'static,
    value: impl Strategy<Value = Value> + 'static,
) -> impl Strategy<Value = Value> + Clone {
    let members = proptest::collection::btree_map(key, value, 0..8);
    members.prop_map(Value::from_iter).boxed()
}
