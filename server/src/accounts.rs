//! People and programs whose secrets this server keeps, and roles in its database: what the command line changes there,
//! beside a running server or before there is one.

use rand::Rng;

use crate::access::{Binding, Caller};
use crate::identity::secret::{self, PasswordError};
use crate::store::audit::{self, Record};
use crate::store::clients::{self, ClientRow};
use crate::store::users::{self, UserRow};
use crate::store::{Database, Store, StoreError, bindings};

/// Shortest password, in letters.
const SHORTEST: usize = 12;
/// Letters of a password that is made here: none that is taken for another.
const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// Why accounts cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database failed.
    #[error("the database of the metadata failed")]
    Store(#[from] StoreError),
    /// The password.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The name is taken.
    #[error("{0} is there already")]
    Taken(String),
    /// There is nobody of this name.
    #[error("{0} is not there")]
    Unknown(String),
    /// The name cannot be one.
    #[error("`{0}` is no name: it may have 255 bytes, and neither blanks, colons nor control characters")]
    Name(String),
}

/// A person as they are added.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// By which they log in and are given roles.
    pub name: String,
    /// What to call them.
    pub full_name: String,
    /// Where to reach them.
    pub email: String,
    /// Groups, to which roles can be given.
    pub groups: Vec<String>,
}

/// A person or a program, as lists show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The groups of a person.
    pub groups: Vec<String>,
    /// Whether it may not log in.
    pub disabled: bool,
}

/// The accounts of a database.
#[derive(Clone, Debug)]
pub struct Accounts(Store);

impl Accounts {
    /// The accounts of a database, which is made and migrated as needed.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open(database: &Database) -> Result<Accounts, AccountError> {
        Ok(Accounts(Store::open(database).await?))
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the name is taken or is none, or the password is none.
    pub async fn add_user(&self, new: NewUser, password: &str) -> Result<(), AccountError> {
        check_name(&new.name)?;
        let row = UserRow {
            password_hash: kept(password)?,
            name: new.name.clone(),
            full_name: new.full_name,
            email: new.email,
            groups: serde_json::json!(new.groups).to_string(),
            disabled: 0,
        };
        let added = self.0.write(move |db| Box::pin(async move { users::insert(db, &row).await })).await;
        self.told("user/add", &new.name, taken(added, &new.name)).await
    }

    /// Gives a person another password, or disables or enables them.
    ///
    /// # Errors
    /// When nobody has the name, or the password is none.
    pub async fn change_user(
        &self,
        name: &str,
        password: Option<&str>,
        disabled: Option<bool>,
    ) -> Result<(), AccountError> {
        let found = users::find(self.0.readers(), name).await?;
        let mut row = found.ok_or_else(|| AccountError::Unknown(name.to_owned()))?;
        if let Some(password) = password {
            row.password_hash = kept(password)?;
        }
        if let Some(disabled) = disabled {
            row.disabled = i64::from(disabled);
        }
        let changed =
            self.0.write(move |db| Box::pin(async move { users::update(db, &row).await.map(drop) })).await;
        self.told("user/change", name, taken(changed, name)).await
    }

    /// Everybody.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<Account>, AccountError> {
        let rows = users::all(self.0.readers()).await?;
        let shown = |row: UserRow| Account {
            name: row.name,
            description: [row.full_name, row.email].join(" ").trim().to_owned(),
            groups: serde_json::from_str(&row.groups).unwrap_or_default(),
            disabled: row.disabled != 0,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Adds a program; gives its secret, which is kept nowhere.
    ///
    /// # Errors
    /// When the name is taken or is none.
    pub async fn add_client(&self, name: &str, description: &str) -> Result<String, AccountError> {
        check_name(name)?;
        if name == crate::oauth::PUBLIC_CLIENT {
            return Err(AccountError::Taken(name.to_owned()));
        }
        let secret = client_secret();
        let (name, description) = (name.to_owned(), description.to_owned());
        let row =
            ClientRow { secret_hash: secret::hash(&secret)?, name: name.clone(), description, disabled: 0 };
        let added = self.0.write(move |db| Box::pin(async move { clients::insert(db, &row).await })).await;
        self.told("client/add", &name, taken(added, &name)).await?;
        Ok(secret)
    }

    /// Disables or enables a program, or gives it another secret, which is answered.
    ///
    /// # Errors
    /// When none has the name.
    pub async fn change_client(
        &self,
        name: &str,
        new_secret: bool,
        disabled: Option<bool>,
    ) -> Result<Option<String>, AccountError> {
        let found = clients::find(self.0.readers(), name).await?;
        let mut row = found.ok_or_else(|| AccountError::Unknown(name.to_owned()))?;
        let secret = new_secret.then(client_secret);
        if let Some(secret) = &secret {
            row.secret_hash = secret::hash(secret)?;
        }
        if let Some(disabled) = disabled {
            row.disabled = i64::from(disabled);
        }
        let changed =
            self.0.write(move |db| Box::pin(async move { clients::update(db, &row).await.map(drop) })).await;
        self.told("client/change", name, taken(changed, name)).await?;
        Ok(secret)
    }

    /// All programs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clients(&self) -> Result<Vec<Account>, AccountError> {
        let rows = clients::all(self.0.readers()).await?;
        let shown = |row: ClientRow| Account {
            name: row.name,
            description: row.description,
            groups: Vec::new(),
            disabled: row.disabled != 0,
        };
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Gives a role; false when it was given before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bind(&self, binding: Binding) -> Result<bool, AccountError> {
        let about = shown(&binding);
        let bound = self
            .0
            .write(move |db| Box::pin(async move { bindings::insert(db, &binding, "command line").await }));
        let bound: Result<bool, StoreError> = bound.await;
        let is_new = bound?;
        self.told("role/grant", &about, Ok(())).await?;
        Ok(is_new)
    }

    /// Takes a role away; false when it was not given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unbind(&self, binding: Binding) -> Result<bool, AccountError> {
        let about = shown(&binding);
        let unbound: Result<bool, StoreError> =
            self.0.write(move |db| Box::pin(async move { bindings::delete(db, &binding).await })).await;
        let was_there = unbound?;
        self.told("role/revoke", &about, Ok(())).await?;
        Ok(was_there)
    }

    /// The roles that are given in the database.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn bindings(&self) -> Result<Vec<Binding>, AccountError> {
        Ok(bindings::all(self.0.readers()).await?)
    }

    /// Has the audit note a change that was made.
    async fn told(
        &self,
        action: &str,
        about: &str,
        done: Result<(), AccountError>,
    ) -> Result<(), AccountError> {
        done?;
        let caller = Caller { name: "command line".to_owned(), ..Caller::everybody() };
        let record = Record::new(&caller, action).about(about);
        let noted: Result<(), StoreError> =
            self.0.write(move |db| Box::pin(async move { audit::insert(db, &record).await })).await;
        Ok(noted?)
    }
}

/// A password that nobody guesses, for whoever wants none of their own.
pub fn fresh_password() -> String {
    let mut random = rand::rng();
    (0..20).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// A secret that scanners of programs know by its beginning.
fn client_secret() -> String {
    format!("ail_{}", secret::fresh())
}

fn kept(password: &str) -> Result<String, PasswordError> {
    if password.chars().count() < SHORTEST {
        return Err(PasswordError::Short(SHORTEST));
    }
    secret::hash(password)
}

fn check_name(name: &str) -> Result<(), AccountError> {
    let plain = name.chars().all(|letter| !letter.is_control() && !letter.is_whitespace() && letter != ':');
    if plain && !name.is_empty() && name.len() <= 255 {
        Ok(())
    } else {
        Err(AccountError::Name(name.to_owned()))
    }
}

fn taken(done: Result<(), StoreError>, name: &str) -> Result<(), AccountError> {
    match done {
        Err(StoreError::Duplicate(_)) => Err(AccountError::Taken(name.to_owned())),
        other => Ok(other?),
    }
}

fn shown(binding: &Binding) -> String {
    format!("{} {} {}", binding.subject, binding.role, binding.scope)
}
