//! funds-oversight
