//! What the people of the town are called.

use super::dice::Dice;

/// ASCII: ids are made of them.
#[rustfmt::skip]
const FIRST: [&str; 96] = [
    "Aarav", "Ada", "Aiko", "Alma", "Amara", "Amir", "Ana", "Anders", "Anouk", "Arjun", "Asha",
    "Astrid", "Ayse", "Bao", "Beatriz", "Bela", "Bogdan", "Carmen", "Cem", "Chidi", "Chloe",
    "Dagny", "Dalia", "Daniel", "Dara", "Diego", "Dina", "Ebele", "Eitan", "Elena", "Elif",
    "Emeka", "Emil", "Esra", "Fatima", "Femi", "Finn", "Freya", "Gita", "Goran", "Hana",
    "Haruki", "Hugo", "Ida", "Imani", "Ines", "Ivan", "Jae", "Jamal", "Jonas", "Julia", "Kai",
    "Kalina", "Kofi", "Lan", "Layla", "Leila", "Lars", "Liam", "Linh", "Luca", "Maja", "Malik",
    "Marek", "Maria", "Mei", "Mina", "Minjun", "Nadia", "Naoki", "Nia", "Nils", "Noor", "Olga",
    "Omar", "Oscar", "Pavel", "Pia", "Priya", "Rafael", "Ravi", "Rosa", "Ruth", "Samira",
    "Sanna", "Seo", "Sofia", "Stella", "Tariq", "Tomas", "Uma", "Viktor", "Wanja", "Yara",
    "Yusuf", "Zoe",
];

#[rustfmt::skip]
const FAMILY: [&str; 80] = [
    "Abebe", "Adeyemi", "Ahmadi", "Álvarez", "Andersson", "Aydın", "Bakker", "Banerjee",
    "Bauer", "Bianchi", "Björk", "Castro", "Cohen", "Costa", "Đặng", "Demir", "Diallo",
    "Dubois", "Eriksen", "Farouk", "Fernández", "Fischer", "García", "Goldberg", "Haddad",
    "Hakimi", "Hansen", "Horvat", "Hughes", "Ibrahim", "Ivanova", "Jensen", "Jovanović", "Kang",
    "Kaya", "Keita", "Khan", "Kim", "Kimura", "Kovács", "Kowalski", "Larsen", "Laurent", "Lee",
    "Levy", "Lindqvist", "Martins", "Mbeki", "Mehta", "Moreau", "Morales", "Mori", "Müller",
    "Mwangi", "Nakamura", "Ng", "Nguyễn", "Novák", "O’Brien", "Okafor", "Olsen", "Park",
    "Patel", "Petrov", "Popescu", "Quispe", "Rossi", "Ruiz", "Santos", "Sato", "Schneider",
    "Silva", "Singh", "Suzuki", "Takahashi", "Tran", "Turner", "Weber", "Yılmaz", "Zhang",
];

/// First and family name, one of nearly eight thousand.
pub(super) fn name(dice: &mut Dice) -> (&'static str, &'static str) {
    (*dice.pick(&FIRST), *dice.pick(&FAMILY))
}
