//! What is wrong with a token: for the operator's log, while callers learn [`Rejected`] alone.

use std::fmt::{self, Display, Formatter};

use super::{MAX_POOL, Rejected};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    Form,
    Signature,
    Claims,
    Sub,
    Nbf,
    Pool,
    Aud,
    Iss,
    Expired,
}

impl Display for Flaw {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::Form => "it is no signed JSON Web Token",
            Self::Signature => "no key of its algorithm verifies its signature",
            Self::Claims => "sub or exp is missing, or a claim has the wrong type",
            Self::Sub => "sub is no user id",
            Self::Nbf => "nbf is still to come",
            Self::Pool => return write!(to, "pool is longer than {MAX_POOL} bytes"),
            Self::Aud => "aud names none of auth.audience",
            Self::Iss => "iss is not auth.issuer",
            Self::Expired => "it is expired",
        })
    }
}

impl From<Flaw> for Rejected {
    fn from(flaw: Flaw) -> Self {
        match flaw {
            Flaw::Expired => Self::Expired,
            _ => Self::Invalid,
        }
    }
}
