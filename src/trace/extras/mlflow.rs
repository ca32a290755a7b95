//! MLflow: the cost, which it reads under its own name only.

use serde_json::{Map, Value as Json};

use crate::trace::attributes::List;
use crate::trace::facts::{Facts, Place, object_text};

pub(in crate::trace) fn to_one<'a>(list: &mut List<'a>, facts: &Facts<'a, '_>, place: Place) {
    if place != Place::Generation {
        return;
    }
    let cost = &facts.request.cost;
    let members = [("input_cost", cost.input), ("output_cost", cost.output), ("total_cost", cost.total)];
    let known = members.into_iter().filter_map(|(key, usd)| Some((key, usd.filter(|usd| usd.is_finite())?)));
    let object: Map<_, _> = known.map(|(key, usd)| (key.to_owned(), Json::from(usd))).collect();
    list.maybe_text("mlflow.llm.cost", object_text(object));
}
