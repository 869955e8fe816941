//! People out of files.

use crate::machine::shared;
use crate::server::server_program;
use crate::tool::{Folder, Playing};

#[test]
fn a_replay_lasts_as_long_as_its_tracks() {
    let _place = shared();
    let folder = Folder::new();
    std::fs::create_dir(folder.0.join("tracks")).unwrap();
    for (name, lat) in [("ann", 50.0), ("bob", 50.001)] {
        let rows = (0..=40).map(|step| {
            let (seconds, lon) = (2 * step, 10.0 + 0.0003 * f64::from(step));
            format!(
                "2026-05-01T10:{:02}:{:02}Z,{lat},{lon:.6}\n",
                seconds / 60,
                seconds % 60
            )
        });
        let text = format!("time,lat,lon\n{}", rows.collect::<String>());
        folder.write(&format!("tracks/{name}.csv"), &text);
    }
    let tracks = folder.0.join("tracks").to_str().unwrap().to_owned();
    let program = server_program();
    let server = ["--start-server", "--server", program.to_str().unwrap()];
    let wishes = [&["--faster", "20", "--freshness", "8s"][..], &server[..]].concat();
    let ran = Playing::typed(folder, &["replay", &tracks], &wishes).ended();
    ran.is_right();
    // 80 s at twenty times their pace, and what the last friend may take to be told.
    assert_eq!(ran.number("/duration_s"), 12.0);
    assert!(
        ran.number("/totals/deliveries") > 0.0,
        "all of it is warm-up"
    );
    assert_eq!(ran.report["people"], 2);
    assert!(ran.number("/totals/connected_most") >= 2.0);
}
