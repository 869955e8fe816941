use nearcast_grid::{InvalidPosition, Position};
use proptest::prelude::*;

fn e7(lat: f64, lon: f64) -> (i32, i32) {
    let position = Position::new(lat, lon).unwrap();
    (position.lat_e7(), position.lon_e7())
}

#[test]
fn what_is_not_finite_or_not_on_the_globe_is_refused_by_value_and_reason() {
    let why = |lat, lon| Position::new(lat, lon).unwrap_err().to_string();
    assert_eq!(why(f64::NAN, 0.0), "latitude NaN is not a finite number");
    assert_eq!(
        why(f64::INFINITY, 0.0),
        "latitude inf is not a finite number"
    );
    assert_eq!(why(0.0, f64::NAN), "longitude NaN is not a finite number");
    assert_eq!(
        why(0.0, f64::NEG_INFINITY),
        "longitude -inf is not a finite number"
    );
    assert_eq!(
        why(90.000_000_01, 0.0),
        "latitude 90.00000001 is not within -90 to 90"
    );
    assert_eq!(why(-91.0, 0.0), "latitude -91 is not within -90 to 90");
    assert_eq!(why(0.0, 180.5), "longitude 180.5 is not within -180 to 180");
    assert_eq!(
        why(0.0, -1e300),
        format!("longitude {} is not within -180 to 180", -1e300)
    );
}

#[test]
fn integers_beyond_the_globe_are_refused() {
    assert_eq!(
        Position::from_e7(900_000_001, 0),
        Err(InvalidPosition::LatitudeOutOfRange(90.000_000_1))
    );
    assert_eq!(
        Position::from_e7(0, -1_800_000_001),
        Err(InvalidPosition::LongitudeOutOfRange(-180.000_000_1))
    );
    assert!(Position::from_e7(i32::MIN, i32::MAX).is_err());
}

#[test]
fn the_antimeridian_has_one_name() {
    assert_eq!(e7(0.0, 180.0), (0, -1_800_000_000));
    assert_eq!(e7(0.0, 179.999_999_96), (0, -1_800_000_000));
    assert_eq!(e7(0.0, 179.999_999_94), (0, 1_799_999_999));
    assert_eq!(
        Position::from_e7(5, 1_800_000_000),
        Position::from_e7(5, -1_800_000_000)
    );
}

#[test]
fn minus_zero_is_zero() {
    let zero = Position::new(-0.0, -0.0).unwrap();
    assert!(zero.lat().is_sign_positive() && zero.lon().is_sign_positive());
    let almost = Position::new(-1e-9, -1e-9).unwrap();
    assert!(almost.lat().is_sign_positive() && almost.lon().is_sign_positive());
}

#[test]
fn seven_decimals_come_back_as_they_were_written() {
    let seoul = Position::new(37.5665123, 126.9780456).unwrap();
    assert_eq!(
        (seoul.lat().to_string(), seoul.lon().to_string()),
        ("37.5665123".into(), "126.9780456".into())
    );
}

proptest! {
    #[test]
    fn every_position_survives_packing(lat in -900_000_000..=900_000_000_i32, lon in -1_800_000_000..=1_800_000_000_i32) {
        let position = Position::from_e7(lat, lon).unwrap();
        prop_assert_eq!(Position::unpack(position.pack()), position);
        prop_assert_eq!(Position::new(position.lat(), position.lon()), Ok(position));
    }

    #[test]
    fn whatever_is_accepted_is_on_the_globe(lat in any::<f64>(), lon in any::<f64>()) {
        let on_globe = lat.abs() <= 90.0 && lon.abs() <= 180.0;
        prop_assert_eq!(Position::new(lat, lon).is_ok(), on_globe);
    }
}
