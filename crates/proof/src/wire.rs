//! Base64 in JSON fields; knows no type of this crate.

/// `#[serde(with = "wire::base64_bytes")]` for byte strings.
pub(crate) mod base64_bytes {
    use std::borrow::Cow;

    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: TryFrom<Vec<u8>>,
    {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        let bytes = STANDARD
            .decode(text.as_bytes())
            .map_err(|error| de::Error::custom(format!("not base64: {error}")))?;
        let length = bytes.len();
        T::try_from(bytes).map_err(|_| {
            de::Error::custom(format!("{length} bytes are not the length expected here"))
        })
    }
}
