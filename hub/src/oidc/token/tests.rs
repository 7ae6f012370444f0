use serde_json::json;

use super::*;

// Made once by Python's cryptography, with keys that were thrown away.
const RSA_N: &str = "\
    q-jaYZ7E7IFcjq3QVnbpfOtMnafwWdBZNIiHBXnW7AYSdqIZ689FR9RJda5QDjhD9WWhEGC-KhbRxvA5fRV7sLjuek\
    oZ3H5PmH3DvDu6GZ65B09mI4SyL5vW36Bq6DwnHIYZy_Qw8XvnroxCvZu6n-dh3lXFE2UPy5Qqbv-dSj7UblCZjGux\
    YI4xpODapTzuzR30SybE4vKLF1WyxMHT2ge2mM6xnHSE07cZnOqpx6ie8-qx7oqhj9RgDyNv8TF7S66g7JOriCvQuM\
    mIeghDWdq8NSYScYNeorth4gW2M7HVlIQsQEMuoVg2DJdZlHvUfyU2dIOCue82qvIKU97NnQ";
const RS256: &str = "\
    eyJhbGciOiJSUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiaHV\
    iIiwibm9uY2UiOiJuMSIsImV4cCI6MjAwMDAwMDAwMCwic3ViIjoiYW5uIn0.MYh-xek8mtvRQI2aG07rX0wnzZwdb\
    PTkvBkjj2vh4JBNCxqrYqw08fiql6M9osfUOhZhgLAzOWd9ZzZOahU176UEXwm-6tbRofiHCndO-ns9B7aCd_l1lX0\
    mmZizxSNXAiip6dJhilKtohL6C3erDNjYVNtM7BH1CGNHeegn1Ya9l1ql11Ev8dISBEKIUBjpksS7eXYbAjSry77OK\
    Satct4NEY4Q_wf9xnUvHEMq56Djm0X5bPJBkaFmPQKWD4zrCUgtVkfc15CASRE49eF2w9DBnzfpVQAQFUcRtpAPIEW\
    t06JaQFpnOq_J26pnnMyXKDIcnekE-nCYNcdU2-T4XA";
const EC_X: &str = "0u6zgbT2pYSGSuVamE_mCYqw9M6uyg8TyhMDS9sCT4w";
const EC_Y: &str = "Yopg7blYxaQuuLfKrBlrAq4wSDSN9tfRGO1EGviZPpY";
const ES256: &str = "\
    eyJhbGciOiJFUzI1NiIsImtpZCI6ImUifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiaHV\
    iIiwibm9uY2UiOiJuMSIsImV4cCI6MjAwMDAwMDAwMCwic3ViIjoiYW5uIn0.K7ufMaFJTosZTAL3fTZ1jEOZ33z5-\
    6Fq7SaCNDbX5zqOooC8DQTlPDT73R8zEeVwRPKDnG3cVf52As2zXI636A";
const HS256: &str = "\
    eyJhbGciOiJIUzI1NiIsImtpZCI6InIifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiaHV\
    iIiwibm9uY2UiOiJuMSIsImV4cCI6MjAwMDAwMDAwMCwic3ViIjoiYW5uIn0.ghgPq2TnmlCuX2spuMzc2BzbFoYZs\
    4eZHSvSm6Xakqg";
const UNSIGNED: &str = "\
    eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUub3JnIiwiYXVkIjoiaHViIiwibm9uY2UiOi\
    JuMSIsImV4cCI6MjAwMDAwMDAwMCwic3ViIjoiYW5uIn0.";

const DUE: Due<'_> =
    Due { issuer: "https://id.example.org", client_id: "hub", nonce: "n1", now: 1_900_000_000 };

fn keys() -> Vec<Value> {
    vec![
        json!({ "kty": "RSA", "use": "sig", "kid": "r", "n": RSA_N, "e": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-256", "kid": "e", "x": EC_X, "y": EC_Y }),
    ]
}

#[test]
fn a_token_is_good_by_the_providers_key_alone() {
    for token in [RS256, ES256] {
        assert_eq!(verify(token, &keys(), &DUE).unwrap()["sub"], "ann");
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let (head, body) = signed.split_once('.').unwrap();
        let other = BASE64URL_NOPAD.encode(&[decoded(body).unwrap(), b" ".to_vec()].concat());
        for changed in [
            format!("{head}.{other}.{signature}"),
            format!("{signed}."),
            format!("{signed}.AAAA"),
            signed.to_owned(),
            format!("{token}.x"),
        ] {
            assert!(verify(&changed, &keys(), &DUE).is_err(), "{changed}");
        }
        assert!(verify(token, &[], &DUE).is_err());
    }
    let swapped: Vec<Value> = keys().into_iter().rev().collect();
    assert!(verify(RS256, &swapped, &DUE).is_ok(), "by its name");
    assert!(verify(RS256, &keys()[1..], &DUE).is_err());
    let mut for_secrets = keys();
    for_secrets[0]["use"] = json!("enc");
    assert!(verify(RS256, &for_secrets, &DUE).is_err(), "no key for signatures");
}

#[test]
fn no_other_algorithm_counts() {
    for token in [HS256, UNSIGNED, "", "a.b.c", ".."] {
        assert!(verify(token, &keys(), &DUE).is_err(), "{token}");
    }
    let head = BASE64URL_NOPAD.encode(br#"{"alg":"RS256","kid":"r","crit":["b64"],"b64":false}"#);
    let (_, rest) = RS256.split_once('.').unwrap();
    let told = verify(&format!("{head}.{rest}"), &keys(), &DUE).unwrap_err();
    assert!(told.contains("crit"), "{told}");
    let mut shared = keys();
    shared.push(json!({ "kty": "oct", "k": RSA_N, "kid": "r" }));
    assert!(verify(HS256, &shared, &DUE).is_err());
}

#[test]
fn a_token_is_for_this_hub_this_sign_in_and_now() {
    let due = |issuer, client_id, nonce, now| Due { issuer, client_id, nonce, now };
    let (issuer, now) = (DUE.issuer, DUE.now);
    for wrong in [
        due("https://id.example.org/", "hub", "n1", now),
        due(issuer, "other", "n1", now),
        due(issuer, "hub", "n2", now),
        due(issuer, "hub", "n1", 2_000_000_061),
    ] {
        assert!(verify(RS256, &keys(), &wrong).is_err(), "{wrong:?}");
    }
    assert!(verify(RS256, &keys(), &due(issuer, "hub", "n1", 2_000_000_059)).is_ok(), "clocks");
    let said = |aud: Value, azp: Option<&str>| {
        let mut claims = json!({ "iss": issuer, "aud": aud, "nonce": "n1", "exp": 2e9 });
        if let Some(azp) = azp {
            claims["azp"] = json!(azp);
        }
        check(&claims, &DUE).is_ok()
    };
    assert!(said(json!(["hub"]), None) && said(json!(["hub", "x"]), Some("hub")));
    assert!(!said(json!(["hub", "x"]), None), "whose it is, is not said");
    assert!(!said(json!("hub"), Some("x")) && !said(json!(["x"]), Some("hub")));
    assert!(!said(json!(null), None) && !said(json!("x"), None));
    let endless = json!({ "iss": issuer, "aud": "hub", "nonce": "n1" });
    assert!(check(&endless, &DUE).is_err());
}

#[test]
fn numbers_are_written_as_der_has_them() {
    assert_eq!(sequence(&[&[0, 0, 1], &[0x80]]), [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
    assert_eq!(sequence(&[&[0], &[]]), [0x30, 6, 2, 1, 0, 2, 1, 0]);
    let long = sequence(&[&[1; 300]]);
    assert_eq!(long[..8], [0x30, 0x82, 1, 0x30, 2, 0x82, 1, 0x2c]);
}
