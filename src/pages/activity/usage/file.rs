//! Usage as a file: a line for each group.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use super::look::{Look, PATH, Query};
use super::{read, rows};
use crate::audit::csv::cell;
use crate::pages::activity::filters::Address;
use crate::pages::answer;
use crate::pages::error::Result;
use crate::pages::visit::Visit;
use crate::state::State;
use crate::store::activity::{Dimension, Group};

const HEADER: &str = "requests,failed,refused,cancelled,input tokens,output tokens,requests with a cost,cost usd,median ms,95 % within ms\r\n";

/// `GET /activity/usage.csv`
pub(in crate::pages) async fn csv(
    state: web::Data<State>,
    Visit { visitor, mut tenant }: Visit,
    address: Option<web::Query<Address>>,
    query: Option<web::Query<Query>>,
) -> Result {
    let look = Look::new(address, query);
    let Ok(filters) = look.address.read(visitor.now) else {
        return Ok(answer::see_other(&look.link(PATH, &[])));
    };
    let mut file = format!("{},{HEADER}", cell(rows::label(look.dimension)));
    if let Some(read) = read(&look, &mut tenant, &filters, (&state, &visitor)).await? {
        for group in read.groups {
            let name = match look.dimension {
                Dimension::ApiKey => rows::name(look.dimension, group.value.clone(), &read.keys),
                _ => group.value.clone(),
            };
            file.push_str(&line(&name, &group));
        }
    }
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"usage.csv\""))
        .body(file))
}

fn line(name: &str, group: &Group) -> String {
    let Group { requests, failed, refused, cancelled, input_tokens, output_tokens, costed, cost, .. } = group;
    let milliseconds = |known: Option<f64>| known.map(|ms| format!("{ms:.0}")).unwrap_or_default();
    let (median, most) = (milliseconds(group.median), milliseconds(group.most));
    let counts = format!("{requests},{failed},{refused},{cancelled},{input_tokens},{output_tokens},{costed}");
    format!("{},{counts},{cost},{median},{most}\r\n", cell(name))
}
