//! The check-digit rules of the tax authorities; every function expects a value whose shape was checked.

/// Whether the last character of a Mexican RFC is right (SAT, Anexo 20 of the RFC's procedure).
pub(super) fn rfc(value: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
    let chars: Vec<char> = value.chars().collect();
    let Some((check, body)) = chars.split_last() else { return false };
    // A company's RFC is one shorter and is computed with a space before it.
    let padding = std::iter::repeat_n(' ', 12_usize.saturating_sub(body.len()));
    let indexes = padding.chain(body.iter().copied()).map(|c| ALPHABET.chars().position(|known| known == c));
    let sum: usize = indexes.zip((2..=13).rev()).map(|(index, weight)| index.unwrap_or(0) * weight).sum();
    let expected = match (11 - sum % 11) % 11 {
        10 => Some('A'),
        digit => u32::try_from(digit).ok().and_then(|digit| char::from_digit(digit, 10)),
    };
    expected == Some(*check)
}

/// Colombia's NIT: its last digit checks the others.
pub(super) fn nit(value: &str) -> bool {
    const WEIGHTS: [u32; 15] = [3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71];
    let digits = digits_of(value);
    let Some((check, body)) = digits.split_last() else { return false };
    let sum: u32 = body.iter().rev().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    let rest = sum % 11;
    *check == if rest < 2 { rest } else { 11 - rest }
}

/// Chile's RUT: the last character is 0 to 9 or K.
pub(super) fn rut(value: &str) -> bool {
    let Some((body, check)) = value.split_at_checked(value.len().saturating_sub(1)) else { return false };
    let weights = (2..=7).cycle();
    let sum: u32 = digits_of(body).iter().rev().zip(weights).map(|(digit, weight)| digit * weight).sum();
    match 11 - sum % 11 {
        11 => check == "0",
        10 => check == "K",
        digit => check == digit.to_string(),
    }
}

const RUC_AND_CUIT_WEIGHTS: [u32; 10] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];

/// Peru's RUC.
pub(super) fn ruc(value: &str) -> bool {
    let digits = digits_of(value);
    digits.get(10) == Some(&((11 - weighted(&digits, &RUC_AND_CUIT_WEIGHTS) % 11) % 10))
}

/// Argentina's CUIT and CUIL.
pub(super) fn cuit(value: &str) -> bool {
    let digits = digits_of(value);
    let expected = match 11 - weighted(&digits, &RUC_AND_CUIT_WEIGHTS) % 11 {
        11 => 0,
        10 => 9,
        digit => digit,
    };
    digits.get(10) == Some(&expected)
}

/// Brazil's CPF: two check digits.
pub(super) fn cpf(value: &str) -> bool {
    let digits = digits_of(value);
    let first = modulo_eleven(weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = modulo_eleven(weighted(&digits, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
    digits.get(9..) == Some(&[first, second])
}

/// Brazil's CNPJ: two check digits over the ASCII values of its letters and digits, less 48.
pub(super) fn cnpj(value: &str) -> bool {
    let values: Vec<u32> = value.bytes().map(|byte| u32::from(byte).saturating_sub(48)).collect();
    let first = modulo_eleven(weighted(&values, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = modulo_eleven(weighted(&values, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    values.get(12..) == Some(&[first, second])
}

fn modulo_eleven(sum: u32) -> u32 {
    (11 - sum % 11) % 11 % 10
}

fn weighted(values: &[u32], weights: &[u32]) -> u32 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

fn digits_of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}
