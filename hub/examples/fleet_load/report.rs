//! What a simulated agent says.

/// About what a small server reports: 2 kB. It says when it was sent, microseconds since the start,
/// in its `uptime`, and for viewers of rows, who are told that to hours, as hundredths in its load.
pub(crate) fn report(number: usize, seq: u64, micros: u64, age_ms: u64) -> String {
    let interfaces: Vec<String> = ["eth0", "wlan0", "wg0"]
        .iter()
        .map(|name| format!(
            r#"{{"name":"{name}","mac":"02:00:5e:10:00:01","speed":1000,"state":"up","rx_bytes":{seq}123456,"tx_bytes":{seq}54321,"rx_packets":{seq}123,"tx_packets":{seq}99,"rx_errors":0,"tx_errors":0,"rx_drops":0,"tx_drops":0,"rx_speed":12345,"tx_speed":5432}}"#
        ))
        .collect();
    let mounts: Vec<String> = ["/", "/boot", "/home", "/var/lib/data"]
        .iter()
        .map(|mount| format!(
            r#"{{"mount_point":"{mount}","device":"/dev/sda{seq}","fstype":"ext4","total":107374182400,"used":53687091200,"free":53687091200,"usage_percent":50.0,"inodes_total":6553600,"inodes_used":123456,"read_only":false}}"#
        ))
        .collect();
    format!(
        r#"{{"type":"metrics","id":"m{seq}","timestamp":"2026-11-20T08:00:00.000Z","data":{{"timestamp":"2026-11-20T08:00:00.000Z","hostname":"host-{number}","os":{{"name":"debian","version":"12","kernel":"6.1.0-28-amd64","arch":"x86_64"}},"cpu":{{"brand":"AMD EPYC 7B13","cores":4,"usage":{},"per_core":[10.1,20.2,30.3,40.4],"user":10.0,"system":5.0,"iowait":0.5,"steal":0.1,"frequency":2450}},"memory":{{"total":8589934592,"used":4294967296,"available":4294967296,"usage_percent":50.0,"buffers":1234567,"cached":2345678901,"swap_total":0,"swap_used":0}},"disks":[{{"name":"sda","model":"Virtual disk","total":107374182400,"used":53687091200,"usage_percent":50.0,"mount_points":["/"],"read_speed":1048576,"write_speed":524288,"read_bytes":123456789012,"write_bytes":98765432109,"busy_percent":3.2}}],"filesystems":[{}],"network":{{"wan":"eth0","rx_speed":12345,"tx_speed":5432,"total_rx":123456789012,"total_tx":23456789012,"interfaces":[{}]}},"uptime":{micros},"load_average":{{"one":{}.{:02},"five":0.7,"fifteen":0.6}},"processes":{{"total":234,"running":2}},"users":1,"sockets":{{"tcp":45,"tcp_time_wait":3,"udp":12}},"temperatures":[{{"label":"cpu","celsius":48.5}}],"agent":{{"version":"0.1.0","rss":1234567,"cpu_percent":0.1,"bytes_sent":123456,"reconnects":0,"samples_dropped":0,"ring_bytes":0}}}},"meta":{{"seq":{seq},"boot_id":"b","uptime_ms":1,"age_ms":{age_ms}}}}}"#,
        seq % 100,
        mounts.join(","),
        interfaces.join(","),
        micros / 100,
        micros % 100
    )
}
