//! cunwu-tests
