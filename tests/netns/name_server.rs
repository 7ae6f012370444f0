//! A name server of the bad kind.

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};

/// What it does about one family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Manner {
    /// Tells the server's address.
    Good,
    /// Says nothing at all.
    Silent,
    /// Answers with this code, or with no address when it is zero.
    Code(u8),
}

/// The records asked for, at the end of a question before its class.
const A: u8 = 1;

/// Answers until the socket's peer is gone for good: the thread ends with the tests.
pub fn serve(socket: UdpSocket, v4: Manner, v6: Manner) {
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((count, asker)) = socket.recv_from(&mut question) {
            let is_v4 = question[count - 3] == A;
            let manner = if is_v4 { v4 } else { v6 };
            if let Some(answer) = answer(&question[..count], is_v4, manner) {
                let _ = socket.send_to(&answer, asker);
            }
        }
    });
}

fn answer(question: &[u8], is_v4: bool, manner: Manner) -> Option<Vec<u8>> {
    let mut answer = question.to_vec();
    answer[2] = 0x81;
    match manner {
        Manner::Silent => return None,
        Manner::Code(code) => answer[3] = 0x80 | code,
        Manner::Good => {
            (answer[3], answer[7]) = (0x80, 1);
            let v4 = Ipv4Addr::new(10, 77, 0, 2).octets();
            let v6 = Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 2).octets();
            let (kind, data) = if is_v4 { (1, &v4[..]) } else { (28, &v6[..]) };
            let length = u8::try_from(data.len()).unwrap();
            answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 60, 0, length]);
            answer.extend(data);
        }
    }
    Some(answer)
}
