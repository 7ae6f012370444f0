//! What a server can ask of an agent, and what this one says to it.

use super::*;

#[test]
fn a_ping_task_is_answered_as_failed_in_the_shape_of_the_connection() {
    let wishes = [
        r#"{"jsonrpc":"2.0","method":"agent.ping","params":{"ping_task_id":3,"ping_type":"icmp",
            "ping_target":"192.0.2.1"}}"#,
        r#"{"message":"ping","ping_task_id":3,"ping_type":"icmp","ping_target":"192.0.2.1"}"#,
    ];
    for wish in wishes {
        let mut komari = komari();
        assert!(matches!(komari.hear(wish), Heard::Unserved(_)), "{wish}");
        let answer = messages(&mut komari).remove(0);
        assert_eq!(answer["method"], "agent.pingResult");
        let params = r#"{"ping_type":"icmp","task_id":3,"value":-1}"#;
        assert_eq!(answer["params"].to_string(), params);
        let mut komari = old();
        assert!(matches!(komari.hear(wish), Heard::Unserved(_)), "{wish}");
        let params = r#"{"ping_type":"icmp","task_id":3,"type":"ping_result","value":-1}"#;
        assert_eq!(messages(&mut komari).remove(0).to_string(), params);
    }
}

#[test]
fn a_command_is_refused_where_its_owner_reads_it() {
    let wish = r#"{"message":"exec","task_id":"ab-1","command":"rm -rf /"}"#;
    let refused = Heard::Command("a command to be run".into());
    let mut komari = old();
    assert_eq!(komari.hear(wish), refused);
    let errand = komari.poll_errand().unwrap();
    assert_eq!(errand.request.path_and_query, "/api/clients/task/result?token=t");
    let result: Value = serde_json::from_str(&errand.request.body.unwrap()).unwrap();
    assert_eq!((&result["task_id"], &result["exit_code"]), (&"ab-1".into(), &(-1).into()));
    assert!(result["result"].as_str().unwrap().contains("executes nothing"));

    let mut komari = self::komari();
    let wish = r#"{"method":"agent.exec","params":{"task_id":"ab-1","command":"id"}}"#;
    assert_eq!(komari.hear(wish), refused);
    let call = messages(&mut komari).remove(0);
    assert_eq!((&call["method"], &call["params"]), (&"agent.taskResult".into(), &result));
    let id = call["id"].as_u64().unwrap();
    let unknown = |id: u64| {
        let error = r#""error":{"code":-32601,"message":"method not found"}"#;
        format!(r#"{{"jsonrpc":"2.0","id":{id},{error}}}"#)
    };
    let fault = Heard::Fault("method not found".into());
    assert_eq!(komari.hear(&unknown(id + 1)), fault, "of another call");
    assert_eq!(komari.poll_errand(), None);
    assert_eq!(komari.hear(&unknown(id)), Heard::Nothing);
    let errand = komari.poll_errand().unwrap();
    assert_eq!(errand.request.path_and_query, "/api/clients/task/result?token=t");
    assert_eq!(komari.hear(&unknown(id)), fault, "once");
}

#[test]
fn a_terminal_shows_one_line_and_ends() {
    for wish in [
        r#"{"message":"terminal","request_id":"r 1"}"#,
        r#"{"method":"agent.terminal.request","params":{"request_id":"r 1"}}"#,
    ] {
        let mut komari = komari();
        assert_eq!(komari.hear(wish), Heard::Command("a terminal".into()));
        let Errand { request, text } = komari.poll_errand().unwrap();
        assert_eq!(request.path_and_query, "/api/clients/terminal?token=t&id=r%201");
        assert_eq!(request.body, None);
        assert!(text.unwrap().contains("executes nothing"));
    }
}

#[test]
fn files_and_settings_are_refused_in_words() {
    let mut komari = komari();
    let wish = r#"{"method":"agent.file","params":{"uuid":"u","request_id":"r","op":"read"}}"#;
    assert_eq!(komari.hear(wish), Heard::Command("files".into()));
    let wish = r#"{"method":"agent.startupConfig","params":{"request_id":"s"}}"#;
    assert_eq!(komari.hear(wish), Heard::Command("the agent's settings".into()));
    let answers = messages(&mut komari);
    let params = answers[0]["params"].as_object().unwrap();
    assert_eq!(answers[0]["method"], "agent.file.result");
    assert_eq!((&params["uuid"], &params["request_id"]), (&"u".into(), &"r".into()));
    assert_eq!(params["ok"], false);
    assert_eq!(answers[1]["method"], "agent.startupConfig.result");
    assert_eq!(answers[1]["params"]["request_id"], "s");
    assert!(answers[1]["params"]["error"].as_str().unwrap().contains("no files or settings"));
}

#[test]
fn every_message_of_the_server_is_understood_or_ignored() {
    let fault = |words: &str| Heard::Fault(words.to_owned());
    for (text, heard) in [
        (r#"{"jsonrpc":"2.0","id":1,"result":{"status":"ok","events":[]}}"#, Heard::Nothing),
        (
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"bad cpu"}}"#,
            fault("bad cpu"),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000}}"#, fault("an error")),
        (r#"{"status":"error","error":"Invalid report"}"#, fault("Invalid report")),
        (r#"{"method":"agent.message","params":{"message":"hi"}}"#, Heard::Nothing),
        (r#"{"method":"agent.event","params":{}}"#, Heard::Nothing),
        (r#"{"message":"ping","ping_task_id":"odd"}"#, Heard::Nothing),
        (r#"{"method":"agent.switchVersion","params":{}}"#, Heard::Command("switchVersion".into())),
        (r#"{"method":"agent.ping"}"#, Heard::Nothing),
        (r#"{"error":null}"#, Heard::Nothing),
        ("[]", Heard::Nothing),
        ("x", Heard::Nothing),
    ] {
        assert_eq!(komari().hear(text), heard, "{text}");
    }
}

#[test]
fn what_a_server_makes_us_say_is_bounded() {
    let mut komari = komari();
    for task in 0..100 {
        komari.hear(&format!(r#"{{"message":"ping","ping_task_id":{task}}}"#));
        komari.hear(&format!(r#"{{"message":"terminal","request_id":"{task}"}}"#));
    }
    assert_eq!(messages(&mut komari).len(), OUTPUT_QUEUE_MAX);
    assert_eq!(std::iter::from_fn(|| komari.poll_errand()).count(), OUTPUT_QUEUE_MAX);
}

#[test]
fn a_ping_task_is_done_where_the_owner_allows_it() {
    let wish = |task: u64, kind: &str, target: &str| {
        format!(
            r#"{{"message":"ping","ping_task_id":{task},"ping_type":"{kind}","ping_target":"{target}"}}"#
        )
    };
    for (version, path) in [(Version::Two, "/params"), (Version::One, "")] {
        let mut komari = komari();
        (komari.version, komari.account.probes) = (version, true);
        assert_eq!(komari.hear(&wish(3, "icmp", "192.0.2.1")), Heard::Nothing);
        assert_eq!(komari.hear(&wish(4, "tcp", "h")), Heard::Nothing);
        let wanted: Vec<_> = std::iter::from_fn(|| komari.poll_wanted()).collect();
        let told: Vec<_> = wanted
            .iter()
            .map(|wanted| match wanted {
                Wanted::Task(task, target) => (*task, target.to_string()),
                Wanted::Targets(_) => panic!("tasks come one by one"),
            })
            .collect();
        assert_eq!(told, [(4, "tcp://h:80".into()), (3, "icmp://192.0.2.1".into())]);
        assert_eq!(komari.hear(&wish(6, "http", "https://h/x")), Heard::Nothing);
        let Some(Wanted::Task(6, page)) = komari.poll_wanted() else { panic!("it is a task") };
        assert_eq!(page.to_string(), "https://h:443/x");
        komari.handle_probed(6, Some(70));
        assert_eq!(messages(&mut komari)[0].pointer(path).unwrap()["ping_type"], "http");
        assert!(messages(&mut komari).is_empty(), "there is no result yet");
        komari.handle_probed(4, None);
        komari.handle_probed(3, Some(13));
        komari.handle_probed(3, Some(13));
        let results: Vec<_> = messages(&mut komari)
            .iter()
            .map(|message| message.pointer(path).unwrap().clone())
            .map(|result| {
                (result["task_id"].clone(), result["ping_type"].clone(), result["value"].clone())
            })
            .collect();
        let expected =
            [(4.into(), "tcp".into(), (-1).into()), (3.into(), "icmp".into(), 13.into())];
        assert_eq!(results, expected);
        // What cannot be probed is answered at once, and so is what is too much.
        assert!(matches!(komari.hear(&wish(5, "icmp", "a b")), Heard::Unserved(_)));
        assert_eq!(messages(&mut komari).len(), 1);
        for task in 0..100 {
            komari.hear(&wish(task, "icmp", "h"));
        }
        assert_eq!(std::iter::from_fn(|| komari.poll_wanted()).count(), 16);
        komari.handle_lost();
        komari.handle_opened();
        komari.handle_probed(1, Some(1));
        assert!(messages(&mut komari).is_empty(), "of a connection that is gone");
    }
}
