//! What a viewer of the realtime API says: `ping`, `subscribe`, `unsubscribe`, `request_data`, and
//! what a viewer of rows does: `watch`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::DecodeError;
use super::agent::{Kind, kind_error};

/// One message of a viewer. How much of it is taken is for who acts on it to say.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Asks for a `pong`.
    Ping,
    /// From now on only what was chosen.
    Subscribe(Vec<String>, Filters),
    /// Of what was chosen no longer these.
    Unsubscribe(Vec<String>),
    /// Asks for figures.
    Data(Question),
    /// The field set of each host it looks at.
    Watch(BTreeMap<String, String>),
    /// A type that viewers do not say.
    Unknown,
}

/// Values by the member of `data` that is to have one of them.
pub type Filters = BTreeMap<String, Vec<Scalar>>;

/// A value that is no list and no object.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// Any number.
    Number(f64),
    /// Yes or no.
    Switch(bool),
}

/// Asks for figures, present and past.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Question {
    /// Their names.
    pub metrics: Vec<String>,
    /// Of how many minutes up to now; 0 for the present alone.
    pub minutes: f64,
    /// Of this host; `None` for all.
    pub server_id: Option<String>,
}

impl Scalar {
    /// The value as a scalar; `None` for what is none.
    pub fn read(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text.clone())),
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::Bool(switch) => Some(Self::Switch(*switch)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Frame {
    data: Option<Map<String, Value>>,
}

/// Reads one text frame of a viewer.
pub fn decode(text: &str) -> Result<Request, DecodeError> {
    let Kind { kind } = serde_json::from_str(text).map_err(|error| kind_error(&error))?;
    let data = || {
        let frame = serde_json::from_str(text).map_err(|_| DecodeError::WrongShape("data"));
        frame.map(|Frame { data }| data.unwrap_or_default())
    };
    match kind.as_ref() {
        "ping" => Ok(Request::Ping),
        "subscribe" => {
            let data = data()?;
            Ok(Request::Subscribe(texts(&data, "events")?, filters(&data)?))
        }
        "unsubscribe" => Ok(Request::Unsubscribe(texts(&data()?, "events")?)),
        "request_data" => question(&data()?).map(Request::Data),
        "watch" => watched(&data()?).map(Request::Watch),
        _ => Ok(Request::Unknown),
    }
}

/// A list of texts, or one; there is at least one.
fn texts(data: &Map<String, Value>, member: &'static str) -> Result<Vec<String>, DecodeError> {
    let items = data.get(member).map(items).unwrap_or_default();
    let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
    let texts: Option<Vec<_>> = texts.collect();
    texts.filter(|texts| !texts.is_empty()).ok_or(DecodeError::WrongShape(member))
}

/// A filter is a list of values or one value; none are none.
fn filters(data: &Map<String, Value>) -> Result<Filters, DecodeError> {
    let wrong = DecodeError::WrongShape("filters");
    let filters = match data.get("filters") {
        None | Some(Value::Null) => return Ok(Filters::new()),
        Some(Value::Object(filters)) => filters.iter(),
        Some(_) => return Err(wrong),
    };
    let filters = filters.map(|(member, values)| {
        let values: Option<Vec<_>> = items(values).iter().map(Scalar::read).collect();
        Some((member.clone(), values?))
    });
    filters.collect::<Option<Filters>>().ok_or(wrong)
}

fn watched(data: &Map<String, Value>) -> Result<BTreeMap<String, String>, DecodeError> {
    let hosts = data.get("hosts").and_then(Value::as_object);
    let hosts = hosts.ok_or(DecodeError::WrongShape("hosts"))?;
    let text = |(id, fields): (&String, &Value)| Some((id.clone(), fields.as_str()?.to_owned()));
    hosts.iter().map(text).collect::<Option<_>>().ok_or(DecodeError::WrongShape("hosts"))
}

fn question(data: &Map<String, Value>) -> Result<Question, DecodeError> {
    let minutes = match data.get("history_minutes") {
        None | Some(Value::Null) => 0.0,
        Some(minutes) => minutes.as_f64().ok_or(DecodeError::WrongShape("history_minutes"))?,
    };
    let server_id = match data.get("server_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return Err(DecodeError::WrongShape("server_id")),
    };
    Ok(Question { metrics: texts(data, "metrics")?, minutes, server_id })
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, data: &str) -> Result<Request, DecodeError> {
        decode(&format!(r#"{{"type":"{kind}","data":{data}}}"#))
    }

    #[test]
    fn what_viewers_say_is_understood_in_a_list_or_alone() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let events = || vec!["alert.cpu".to_owned()];
        for (data, filters) in [
            (r#"{"events":["alert.cpu"]}"#, vec![]),
            (r#"{"events":"alert.cpu","filters":null}"#, vec![]),
            (
                r#"{"events":["alert.cpu"],"filters":{"level":["warning","critical"]}}"#,
                vec![("level", vec![text("warning"), text("critical")])],
            ),
            (
                r#"{"events":["alert.cpu"],"filters":{"threshold":80,"level":"x","on":true}}"#,
                vec![
                    ("threshold", vec![Scalar::Number(80.0)]),
                    ("level", vec![text("x")]),
                    ("on", vec![Scalar::Switch(true)]),
                ],
            ),
        ] {
            let filters = filters.into_iter().map(|(member, values)| (member.to_owned(), values));
            let subscribe = Request::Subscribe(events(), filters.collect());
            assert_eq!(told("subscribe", data), Ok(subscribe), "{data}");
        }
        let unsubscribe = told("unsubscribe", r#"{"events":["alert.cpu"]}"#);
        assert_eq!(unsubscribe, Ok(Request::Unsubscribe(events())));
        let question = told("request_data", r#"{"metrics":["cpu_percent"],"history_minutes":10}"#);
        let due = Question { metrics: vec!["cpu_percent".into()], minutes: 10.0, server_id: None };
        assert_eq!(question, Ok(Request::Data(due)));
        assert_eq!(decode(r#"{"type":"ping"}"#), Ok(Request::Ping));
        assert_eq!(decode(r#"{"type":"metrics","data":{}}"#), Ok(Request::Unknown));
    }

    #[test]
    fn what_makes_no_sense_says_which_member() {
        for (kind, data, member) in [
            ("subscribe", "{}", "events"),
            ("subscribe", r#"{"events":[]}"#, "events"),
            ("subscribe", r#"{"events":[1]}"#, "events"),
            ("subscribe", r#"{"events":["alert"],"filters":[1]}"#, "filters"),
            ("subscribe", r#"{"events":["alert"],"filters":{"a":[{}]}}"#, "filters"),
            ("subscribe", "[]", "data"),
            ("unsubscribe", "null", "events"),
            ("watch", "{}", "hosts"),
            ("watch", r#"{"hosts":["a"]}"#, "hosts"),
            ("watch", r#"{"hosts":{"a":1}}"#, "hosts"),
            ("request_data", "{}", "metrics"),
            ("request_data", r#"{"metrics":["x"],"history_minutes":"y"}"#, "history_minutes"),
            ("request_data", r#"{"metrics":["x"],"server_id":5}"#, "server_id"),
        ] {
            let error = Err(DecodeError::WrongShape(member));
            assert_eq!(told(kind, data), error, "{kind} {data}");
        }
        assert_eq!(decode(r#"{"type":5}"#), Err(DecodeError::NoType));
        assert_eq!(decode("{"), Err(DecodeError::NotJson));
        assert_eq!(decode(r#"{"type":"subscribe"}"#), Err(DecodeError::WrongShape("events")));
    }
}
