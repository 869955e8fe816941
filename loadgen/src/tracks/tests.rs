//! Files of tracks as they are found in the wild, and faults by file and line.

use super::*;

const NOON_MS: i64 = 1_777_636_800_000;

fn read(name: &str, text: &str) -> Result<Vec<Track>, Vec<String>> {
    file(name, text.as_bytes().to_vec())
}

fn at(second: i64, lat: f64, lon: f64) -> Fix {
    let position = Position::new(lat, lon).expect("it is one");
    Fix {
        at_ms: NOON_MS + second * 1000,
        position,
    }
}

#[test]
fn gpx_is_read_whatever_wrote_it() {
    let text = "\u{feff}<?xml version=\"1.0\"?>\r\n\
        <gpx creator=\"a > b\"><metadata><time>1999-01-01T00:00:00Z</time></metadata>\r\n\
        <wpt lat=\"1\" lon=\"1\"><time>1999-01-01T00:00:00Z</time></wpt>\n\
        <!-- <trkpt lat='0' lon='0'/> -->\n\
        <trk><name><![CDATA[<trkpt>]]></name><trkseg>\n\
        <trkpt lon='2.5' lat='-1.5'><ele>3</ele><time> 2026-05-01T12:00:10Z </time></trkpt>\n\
        <trkpt lat=\"1.5\"\n lon=\"2.5\"><time>2026-05-01T14:00:00+02:00</time></trkpt>\n\
        </trkseg><trkseg>\n\
        <trkpt lat=\"1\" lon=\"2\"><time>2026-05-01T12:00:20.000Z</time></trkpt>\n\
        </trkseg></trk>\n\
        <g:trk><g:trkseg><g:trkpt g:lat='3' g:lon='4'><g:time>2026-05-01T12:00:00</g:time>\
        </g:trkpt></g:trkseg></g:trk></gpx>";
    let tracks = read("Ride.GPX", text).expect("it is right");
    let names: Vec<&str> = tracks.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["Ride.GPX 0001", "Ride.GPX 0002"]);
    let ride = [at(0, 1.5, 2.5), at(10, -1.5, 2.5), at(20, 1.0, 2.0)];
    assert_eq!(tracks[0].fixes, ride);
    assert_eq!(tracks[1].fixes, [at(0, 3.0, 4.0)]);
}

#[test]
fn every_point_of_a_gpx_that_cannot_be_read_is_named_by_its_line() {
    let text = "<gpx><trk><trkseg>\n\
        <trkpt lat=\"1\" lon=\"2\"/>\n\
        <trkpt lat=\"1\"><time>2026-05-01T12:00:00Z</time></trkpt>\n\
        <trkpt lat=\"x\" lon=\"2\"><time>2026-05-01T12:00:00Z</time></trkpt>\n\
        <trkpt lat=\"91\" lon=\"2\"><time>2026-05-01T12:00:00Z</time></trkpt>\n\
        <trkpt lat=\"1\" lon=\"2\"><time>noon</time></trkpt>\n\
        <trkpt lat=\"1\" lon=\"2\"><time>2026-05";
    let expected = [
        "a.gpx: line 2: a point without time",
        "a.gpx: line 3: a point without lon",
        "a.gpx: line 4: lat \"x\" is not a number",
        "a.gpx: line 5: latitude 91 is not within -90 to 90",
        "a.gpx: line 6: time \"noon\" is neither like 2026-05-01T12:00:00Z nor in milliseconds",
        "a.gpx: line 7: the file ends within this point",
    ];
    assert_eq!(read("a.gpx", text).expect_err("it is wrong"), expected);
}

#[test]
fn csv_columns_stand_in_any_order_and_rows_in_any_order_of_time() {
    let text = "speed,Time,user,LON,lat\r\n\
        3,2026-05-01T12:00:10Z,\"b, the second\",2.5,1.5\r\n\
        \r\n\
        3,1777636800000,\"b, the second\",2,1\n\
        ,1777636800,a,\" 4 \",3\n\
        9,1777636800,a,5,5\n";
    let tracks = read("people.csv", text).expect("it is right");
    let names: Vec<&str> = tracks.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["people.csv a", "people.csv b, the second"]);
    assert_eq!(tracks[0].fixes, [at(0, 3.0, 4.0)], "the first of one time");
    assert_eq!(tracks[1].fixes, [at(0, 1.0, 2.0), at(10, 1.5, 2.5)]);
    let alone = read("a.csv", "latitude,lng,timestamp\n1,2,1777636800000").expect("it is right");
    assert_eq!((alone.len(), alone[0].name.as_str()), (1, "a.csv"));
}

#[test]
fn every_row_of_a_csv_that_cannot_be_read_is_named_by_its_line() {
    let text = "lat,lon,time\n1,2\n\n1,2,soon\n1,181,1777636800000\n";
    let expected = [
        "a.csv: line 2: 2 cells, and no more",
        "a.csv: line 4: time \"soon\" is neither like 2026-05-01T12:00:00Z nor in milliseconds",
        "a.csv: line 5: longitude 181 is not within -180 to 180",
    ];
    assert_eq!(read("a.csv", text).expect_err("it is wrong"), expected);
    let expected = [
        "a.csv: line 2: no column lon in \"lat;lon;time\"",
        "a.csv: line 2: no column time in \"lat;lon;time\"",
    ];
    let told = read("a.csv", "\nlat;lon;time\n1;2;3\n").expect_err("it is wrong");
    assert_eq!(told[1..], expected);
    assert_eq!(
        read("a.csv", "lat,lon,time\n"),
        Err(vec!["a.csv: no point in it".to_owned()])
    );
    assert_eq!(
        read("a.csv", ""),
        Err(vec!["a.csv: no point in it".to_owned()])
    );
}

#[test]
fn geojson_lines_and_points_are_tracks() {
    let text = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"times":["2026-05-01T12:00:00Z",1777636810000]},
         "geometry":{"type":"LineString","coordinates":[[2.5,1.5,33],[2,1]]}},
        {"type":"Feature","properties":{"time":1777636800000},
         "geometry":{"type":"Point","coordinates":[4,3]}},
        {"type":"Feature","properties":{"time":"2026-05-01T12:00:10Z","user":7},
         "geometry":{"type":"Point","coordinates":[4,3]}},
        {"type":"Feature","properties":{"time":"2026-05-01T12:00:10Z"},
         "geometry":{"type":"Point","coordinates":[5,3]}}]}"#;
    let tracks = read("a.geojson", text).expect("it is right");
    let fixes = |name: &str| {
        let track = tracks.iter().find(|track| track.name == name);
        track.expect("it is there").fixes.as_slice()
    };
    assert_eq!(tracks.len(), 3);
    let line = [at(0, 1.5, 2.5), at(10, 1.0, 2.0)];
    assert_eq!(fixes("a.geojson 0001"), line);
    assert_eq!(fixes("a.geojson"), [at(0, 3.0, 4.0), at(10, 3.0, 5.0)]);
    assert_eq!(fixes("a.geojson 7"), [at(10, 3.0, 4.0)]);
}

#[test]
fn every_feature_that_cannot_be_read_is_named_by_its_line() {
    let text = r#"{"type":"FeatureCollection","name":"{[", "features":[
        {"type":"Feature","properties":{"a":{"b":[{}]},"c":"}]\"{"},"geometry":null},
        {"type":"Feature","properties":null,"geometry":{"type":"Point","coordinates":[4,3]}},
        {"type":"Feature","properties":{},
         "geometry":{"type":"LineString","coordinates":[[4,3]]}}, {"geometry":{"type":"Polygon"}},
        {"properties":{"times":[1,2]},"geometry":{"type":"LineString","coordinates":[[4,3]]}},
        {"properties":{"times":[true,2]},
         "geometry":{"type":"LineString","coordinates":[[4,3],["4",3]]}}]}"#;
    let expected = [
        "a.json: line 2: a feature without geometry",
        "a.json: line 3: a point without time",
        "a.json: line 4: a LineString without its list of times",
        "a.json: line 5: a Polygon, where a LineString or a Point was expected",
        "a.json: line 6: 1 points with 2 times",
        "a.json: line 7: point 1: time true is neither a text nor a number",
        "a.json: line 7: point 2: coordinates [\"4\",3] are not two numbers",
    ];
    assert_eq!(read("a.json", text).expect_err("it is wrong"), expected);
    let told = read("a.json", "{\n\"type\":").expect_err("it is wrong");
    assert!(told[0].starts_with("a.json: line 2: not JSON"), "{told:?}");
    let told = read("a.json", "[1]").expect_err("it is wrong");
    assert!(told[0].contains("neither a FeatureCollection"), "{told:?}");
}

#[test]
fn a_gpx_that_is_cut_off_between_points_is_no_whole_one() {
    let text = "<gpx>\n<trk><trkseg>\n\
        <trkpt lat='1' lon='2'><time>2026-05-01T12:00:00Z</time></trkpt>\n";
    let told = read("a.gpx", text).expect_err("it is wrong");
    assert_eq!(told, ["a.gpx: line 3: the file ends without </gpx>"]);
}

#[test]
fn a_file_that_is_cut_off_anywhere_gives_tracks_or_faults() {
    let files = [
        (
            "a.gpx",
            "<gpx a='>'><!-- é --><trk><trkpt lat='1' lon='2'><time>2026-05-01T12:00:00Z</time>\
             </trkpt></trk></gpx>",
        ),
        ("a.csv", "time,\"é\",lat,lon\n1777636800,\"a \"\" b\",1,2\n"),
        (
            "a.json",
            r#"{"type":"Feature","properties":{"time":1777636800000,"é":"\""},
               "geometry":{"type":"Point","coordinates":[4,3]}}"#,
        ),
    ];
    for (name, text) in files {
        assert_eq!(read(name, text).map(|tracks| tracks.len()), Ok(1), "{name}");
        for cut in 0..text.len() {
            match file(name, text.as_bytes()[..cut].to_vec()) {
                Ok(tracks) => assert_eq!(tracks.len(), 1, "{name} to {cut}"),
                Err(faults) => assert!(faults[0].starts_with(name), "{faults:?}"),
            }
        }
    }
}

#[test]
fn a_file_of_nothing_but_faults_is_not_told_line_by_line() {
    let text = format!("lat,lon,time\n{}", "1,2,never\n".repeat(500));
    let told = read("a.csv", &text).expect_err("it is wrong");
    assert_eq!(told.len(), 21);
    assert_eq!(told[20], "a.csv: 480 more faults");
    let told = file("a.csv", b"lat,lon\n1,\xff".to_vec()).expect_err("it is wrong");
    assert_eq!(told, ["a.csv: line 2: not UTF-8"]);
}

#[test]
fn a_directory_is_read_by_name_and_all_its_faults_are_told_at_once() {
    let dir = std::env::temp_dir().join(format!("nearcast-tracks-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("below.csv")).expect("it can be made");
    let told = Tracks::read(&dir).expect_err("it is empty").concat();
    assert!(
        told.contains("no .gpx, .geojson, .json or .csv file in it"),
        "{told}"
    );
    let put = |name: &str, text: &str| {
        std::fs::write(dir.join(name), text).expect("it can be written");
    };
    put("notes.txt", "not a track");
    put("b.csv", "lat,lon,time\n1,2,1777636810000\n");
    put("a.csv", "lat,lon,time\n1,2,1777636820000\n");
    let tracks = Tracks::read(&dir).expect("it is right");
    let names: Vec<&str> = tracks.all.iter().map(|track| track.name.as_str()).collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
    assert_eq!(tracks.begins_ms(), NOON_MS + 10_000);
    put("a.csv", "lat,lon\n");
    put("c.gpx", "");
    let told = Tracks::read(&dir).expect_err("two are wrong");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("a.csv: line 1") && told[1].starts_with("c.gpx: no point"));
    std::fs::remove_dir_all(&dir).expect("it was made");
    assert!(Tracks::read(&dir).expect_err("it is gone")[0].contains("nearcast-tracks"));
}
