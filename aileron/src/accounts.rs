//! `aileron user`, `aileron client`, `aileron role`: who may log in and what they may do, in the server's own database.
//!
//! They need no server, and none must be told: one that runs takes a change within a second. A secret is printed once, where
//! it is made, and is nowhere afterwards.

use std::io::{BufRead as _, Write as _};

use aileron_server::accounts::{Account, Accounts, NewUser, fresh_password};
use aileron_server::{Binding, Role as Name, Scope, Subject, rotate_token_key};
use anyhow::{Context as _, Result};
use clap::Subcommand;

use crate::access;
use crate::migrate;
use crate::settings::{self, Options};

/// What is done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Adds a person, and prints the password that is made for them.
    Add {
        /// By which they log in and are given roles.
        name: String,
        /// What to call them.
        #[arg(long, default_value = "")]
        full_name: String,
        /// Where to reach them.
        #[arg(long, default_value = "")]
        email: String,
        /// A group that they are in; may be repeated.
        #[arg(long = "group")]
        groups: Vec<String>,
        /// Take the password from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Gives a person another password, and prints it.
    Password {
        /// Whose.
        name: String,
        /// Take it from the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        options: Options,
    },
    /// Keeps a person out, within a second.
    Disable {
        /// Whom.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Lets a person in again.
    Enable {
        /// Whom.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Lists everybody.
    List {
        #[command(flatten)]
        options: Options,
    },
}

/// What is done with programs.
#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Adds a program, and prints the secret that is made for it.
    Add {
        /// Its name, as client id.
        name: String,
        /// What it is.
        #[arg(long, default_value = "")]
        description: String,
        #[command(flatten)]
        options: Options,
    },
    /// Gives a program another secret, and prints it; the one before it does not count any more.
    Secret {
        /// Which.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Keeps a program out, within a second.
    Disable {
        /// Which.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Lets a program in again.
    Enable {
        /// Which.
        name: String,
        #[command(flatten)]
        options: Options,
    },
    /// Lists all programs.
    List {
        #[command(flatten)]
        options: Options,
    },
}

/// What is done with roles.
#[derive(Debug, Subcommand)]
pub(crate) enum Role {
    /// Gives a role.
    Grant {
        #[command(flatten)]
        binding: Given,
        #[command(flatten)]
        options: Options,
    },
    /// Takes a role away.
    Revoke {
        #[command(flatten)]
        binding: Given,
        #[command(flatten)]
        options: Options,
    },
    /// Lists the roles that the database gives.
    List {
        #[command(flatten)]
        options: Options,
    },
}

/// A role that somebody has somewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Given {
    /// Whom: user:NAME, group:NAME, client:NAME, or anyone.
    who: Subject,
    /// Which: viewer, launcher, contributor, admin, or propeller.
    role: Name,
    /// Where: PROJECT, PROJECT/DOMAIN, or * for all.
    scope: Scope,
}

impl From<Given> for Binding {
    fn from(given: Given) -> Binding {
        Binding { subject: given.who, role: given.role, scope: given.scope }
    }
}

async fn open(options: Options) -> Result<Accounts> {
    let settings = settings::load(options)?.settings;
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("failed to make {}", settings.data_dir.display()))?;
    Ok(Accounts::open(&migrate::database(&settings)?).await?)
}

/// Carries a command about people out.
pub(crate) async fn user(asked: User) -> Result<()> {
    match asked {
        User::Add { name, full_name, email, groups, password_stdin, options } => {
            let (password, is_made) = password(password_stdin)?;
            let new = NewUser { name, full_name, email, groups };
            open(options).await?.add_user(new, &password).await?;
            if is_made { say(&password) } else { Ok(()) }
        }
        User::Password { name, password_stdin, options } => {
            let (password, is_made) = password(password_stdin)?;
            open(options).await?.change_user(&name, Some(&password), None).await?;
            if is_made { say(&password) } else { Ok(()) }
        }
        User::Disable { name, options } => {
            Ok(open(options).await?.change_user(&name, None, Some(true)).await?)
        }
        User::Enable { name, options } => {
            Ok(open(options).await?.change_user(&name, None, Some(false)).await?)
        }
        User::List { options } => list(&open(options).await?.users().await?),
    }
}

/// Carries a command about programs out.
pub(crate) async fn client(asked: Client) -> Result<()> {
    match asked {
        Client::Add { name, description, options } => {
            say(&open(options).await?.add_client(&name, &description).await?)
        }
        Client::Secret { name, options } => {
            let secret = open(options).await?.change_client(&name, true, None).await?;
            say(&secret.unwrap_or_default())
        }
        Client::Disable { name, options } => {
            Ok(open(options).await?.change_client(&name, false, Some(true)).await.map(drop)?)
        }
        Client::Enable { name, options } => {
            Ok(open(options).await?.change_client(&name, false, Some(false)).await.map(drop)?)
        }
        Client::List { options } => list(&open(options).await?.clients().await?),
    }
}

/// Carries a command about roles out.
pub(crate) async fn role(asked: Role) -> Result<()> {
    match asked {
        Role::Grant { binding, options } => {
            let is_new = open(options).await?.bind(binding.into()).await?;
            say(if is_new { "granted" } else { "it was granted before" })
        }
        Role::Revoke { binding, options } => {
            let was_there = open(options).await?.unbind(binding.into()).await?;
            say(if was_there { "revoked" } else { "the database does not give it" })
        }
        Role::List { options } => {
            for binding in open(options).await?.bindings().await? {
                say(&format!("{} {} {}", binding.subject, binding.role, binding.scope))?;
            }
            Ok(())
        }
    }
}

/// Puts a new key into the file of those that sign tokens.
pub(crate) fn rotate_key(options: Options) -> Result<()> {
    let settings = settings::load(options)?.settings;
    let file = access::key_file(&settings);
    rotate_token_key(&file)?;
    say(&format!("a new key signs; take the last one out of {} when its tokens have expired", file.display()))
}

/// A password, and whether it was made here.
fn password(from_input: bool) -> Result<(String, bool)> {
    if !from_input {
        return Ok((fresh_password(), true));
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("failed to read the password")?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

fn list(accounts: &[Account]) -> Result<()> {
    for account in accounts {
        let state = if account.disabled { "disabled" } else { "enabled" };
        let groups = account.groups.join(",");
        say(format!("{}\t{state}\t{groups}\t{}", account.name, account.description).trim_end())?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").context("failed to write to standard output")
}
