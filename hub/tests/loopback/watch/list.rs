//! A viewer of rows.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::support::{Client, Hub};

pub(crate) const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "kinglet.page.v1, kinglet.v1");

/// A viewer of rows, and what it knows by them.
pub(crate) struct List {
    pub(crate) client: Client,
    pub(crate) columns: Vec<String>,
    /// By number: the host, as it was added, and its row.
    pub(crate) hosts: BTreeMap<u64, (Value, BTreeMap<usize, Value>)>,
    /// What else it was told.
    pub(crate) told: Vec<Value>,
}

impl List {
    pub(crate) fn open(hub: &Hub, watch: &Value) -> Self {
        Self::open_as(hub, watch, &[])
    }

    /// The same of who shows these headers.
    pub(crate) fn open_as(hub: &Hub, watch: &Value, headers: &[(&str, &str)]) -> Self {
        let headers = [headers, &[PROTOCOL]].concat();
        let (mut client, answer) = hub.open_with_response("/ws", &headers).unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "kinglet.page.v1");
        assert_eq!(client.json()["data"]["status"], "connected");
        let columns = client.json_of("columns")["data"]["list"].clone();
        let columns = serde_json::from_value(columns).unwrap();
        let mut list = Self { client, columns, hosts: BTreeMap::new(), told: Vec::new() };
        list.watch(watch);
        list.hear_until("synced");
        list
    }

    pub(crate) fn watch(&mut self, hosts: &Value) {
        self.client.send(&json!({"type":"watch","data":{"hosts":hosts}}).to_string());
        self.client.settle_by_word(&mut self.told);
        for message in std::mem::take(&mut self.told) {
            self.take(message);
        }
    }

    pub(crate) fn hear_until(&mut self, kind: &str) {
        while !self.told.iter().any(|message| message["type"] == kind) {
            let message = self.client.json();
            self.take(message);
        }
    }

    /// Takes what comes until nothing comes for longer than rows wait.
    pub(crate) fn hear(&mut self) {
        while let Some(message) = self.client.try_json(Duration::from_millis(500)) {
            self.take(message);
        }
    }

    pub(crate) fn take(&mut self, message: Value) {
        let data = &message["data"];
        match message["type"].as_str().unwrap() {
            "server_added" => {
                let number = data["number"].as_u64().unwrap();
                self.hosts.entry(number).or_default().0 = data.clone();
            }
            "rows" => {
                for row in data["whole"].as_array().into_iter().flatten() {
                    self.row(row, true);
                }
                for row in data["changed"].as_array().into_iter().flatten() {
                    self.row(row, false);
                }
            }
            _ => self.told.push(message),
        }
    }

    pub(crate) fn row(&mut self, row: &Value, whole: bool) {
        let row = row.as_array().unwrap();
        // After a loss rows may come before their hosts.
        let Some((_, values)) = self.hosts.get_mut(&row[0].as_u64().unwrap()) else { return };
        if whole {
            values.clear();
        }
        for pair in row[1..].chunks(2) {
            values.insert(usize::try_from(pair[0].as_u64().unwrap()).unwrap(), pair[1].clone());
        }
        values.retain(|_, value| !value.is_null());
    }

    /// What it knows of a host, by the names of the columns.
    pub(crate) fn row_of(&self, id: &str) -> Map<String, Value> {
        let host = self.hosts.values().find(|(host, _)| host["id"] == id);
        let (_, row) = host.unwrap_or_else(|| panic!("{id} was not added"));
        row.iter().map(|(column, value)| (self.columns[*column].clone(), value.clone())).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.told.iter().map(|message| message["type"].as_str().unwrap()).collect()
    }
}

impl Client {
    /// Waits until what was said was taken in; what comes meanwhile is kept.
    pub(crate) fn settle_by_word(&mut self, told: &mut Vec<Value>) {
        self.send(r#"{"type":"ping"}"#);
        loop {
            let message = self.json();
            if message["type"] == "pong" {
                return;
            }
            told.push(message);
        }
    }
}
