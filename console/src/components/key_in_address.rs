//! Tabs in the page's address.

/// Makes the `key` of an enum with a list `ALL` its word in the page's address.
macro_rules! key_in_address {
    ($tab:ty) => {
        impl std::fmt::Display for $tab {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.key())
            }
        }

        impl std::str::FromStr for $tab {
            type Err = ();

            fn from_str(text: &str) -> Result<Self, ()> {
                Self::ALL.into_iter().find(|tab| tab.key() == text).ok_or(())
            }
        }
    };
}
pub(crate) use key_in_address;
