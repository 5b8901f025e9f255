//! Slow definitions that are obviously right, and the proof on random cases that the fast ones agree.

mod castability;
mod paths;
