//! The engine on one SQLite file: to be written.
