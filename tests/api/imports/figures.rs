//! How fast 100,000 rows come in and go out; run with `--ignored --nocapture`.

use std::time::Instant;

use serde_json::json;

use super::books::xlsx;
use super::{PATH, counts, finished, plain};
use crate::support::{TestApp, until};

const ROWS: usize = 100_000;

#[tokio::test]
#[ignore = "takes minutes; it prints figures and asserts only that all rows arrive"]
async fn one_hundred_thousand_rows() {
    let names = ["empresa", "contacto", "correo", "telefono", "giro", "notas"];
    let mut rows = vec![names.map(str::to_owned).to_vec()];
    rows.extend((0..ROWS).map(|n| {
        vec![
            format!("Taller Ñ {n}"),
            format!("Inés {n}"),
            format!("taller{n}@example.com"),
            format!("55{n:08}"),
            "Confección".to_owned(),
            "Pidió precio, \"urgente\"".to_owned(),
        ]
    }));
    let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
    let lines: Vec<String> =
        rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
    let rate = |from: Instant| {
        let seconds = from.elapsed().as_secs_f64();
        format!("{seconds:.1} s, {:.0} rows/s", 100_000.0 / seconds)
    };
    for (kind, bytes) in [("csv", lines.join("\n").into_bytes()), ("xlsx", xlsx(&rows, &[]))] {
        let tenant = TestApp::shared().tenant().await;
        let (size, start) = (bytes.len(), Instant::now());
        let answer = tenant.owner.upload(PATH, "x", bytes, Some(plain())).await.expect(202);
        println!("{kind}: {size} bytes taken after {:.1} s", start.elapsed().as_secs_f64());
        let done = finished(&tenant.owner, answer.header("location").unwrap()).await;
        println!("{kind}: imported in {}", rate(start));
        assert_eq!(counts(&done)[1], i64::try_from(ROWS).unwrap(), "{done}");
        if kind == "csv" {
            for format in ["csv", "xlsx"] {
                let start = Instant::now();
                let asked =
                    tenant.owner.post("/api/v1/leads/exports", json!({ "format": format })).await.expect(202);
                let location = asked.header("location").unwrap().to_owned();
                let status = async || tenant.owner.get(&location).await.expect(200).body;
                until("the export ends", async || status().await["status"] == "completed").await;
                println!("{format}: exported in {}, {} bytes", rate(start), status().await["bytes"]);
            }
        }
        let start = Instant::now();
        let path = format!("{PATH}/{}", done["id"].as_str().unwrap());
        tenant.owner.post(&format!("{path}/undo"), json!({})).await.expect(202);
        loop {
            if tenant.owner.get(&path).await.expect(200).body["status"] == "undone" {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        println!("{kind}: undone in {}", rate(start));
    }
}
