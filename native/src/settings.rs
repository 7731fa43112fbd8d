//! Dotted paths in what a settings module assigns (index/dotted_paths.py, model/frameworks.py).

use std::collections::BTreeSet;

use crate::ast::*;
use crate::paths::{texts_in, PathForm, LOGGING};
use crate::recorder::Recorder;

/// A name that a settings module assigns.
struct PathSetting {
    name: &'static str,
    form: &'static str,
    takes_list: bool,
}

const SETTINGS: [PathSetting; 18] = [
    one_of_many("INSTALLED_APPS", "either"),
    one_of_many("MIDDLEWARE", "attribute"),
    only("ROOT_URLCONF", "module"),
    only("WSGI_APPLICATION", "attribute"),
    only("ASGI_APPLICATION", "attribute"),
    one_of_many("AUTHENTICATION_BACKENDS", "attribute"),
    one_of_many("DATABASE_ROUTERS", "attribute"),
    one_of_many("PASSWORD_HASHERS", "attribute"),
    one_of_many("STATICFILES_FINDERS", "attribute"),
    one_of_many("FILE_UPLOAD_HANDLERS", "attribute"),
    only("EMAIL_BACKEND", "attribute"),
    only("MESSAGE_STORAGE", "attribute"),
    only("SESSION_ENGINE", "module"),
    only("SESSION_SERIALIZER", "attribute"),
    only("TEST_RUNNER", "attribute"),
    only("FORM_RENDERER", "attribute"),
    one_of_many("CELERY_IMPORTS", "module"),
    one_of_many("CELERY_INCLUDE", "module"),
];
const LOGGING_SETTING: &str = "LOGGING";
/// Further names by which a settings module of Django is known.
const MARKERS: [&str; 7] =
    ["ALLOWED_HOSTS", "CACHES", "DATABASES", "DEBUG", "SECRET_KEY", "STATIC_URL", "TEMPLATES"];

const fn only(name: &'static str, form: &'static str) -> PathSetting {
    PathSetting { name, form, takes_list: false }
}

const fn one_of_many(name: &'static str, form: &'static str) -> PathSetting {
    PathSetting { name, form, takes_list: true }
}

impl<'t, 's> Recorder<'t, 's> {
    /// Record the dotted paths in what a settings module assigns at its top, in order.
    pub fn assigned_paths(&mut self) {
        if !["INSTALLED_APPS", "URLCONF", "CELERY_"].iter().any(|word| self.places.has(word)) {
            return;
        }
        let assigned: Vec<(&str, Option<&'t Expr<'s>>)> =
            self.body.iter().flat_map(assigned).collect();
        let is_known = |name: &&str| MARKERS.contains(name) || setting(name).is_some();
        let known: BTreeSet<&str> = assigned.iter().map(|one| one.0).filter(is_known).collect();
        let of_django = known.len() > 1;
        for (name, value) in assigned {
            let value = match value {
                Some(value) => value,
                None => continue,
            };
            match setting(name) {
                Some(setting) if of_django || name.starts_with("CELERY") => {
                    self.paths_of_setting(value, setting);
                }
                None if name == LOGGING_SETTING && of_django => {
                    let known = PathForm::of_setting("chain", LOGGING.when);
                    self.logging_classes(value, &known, None);
                }
                _ => {}
            }
        }
    }

    fn paths_of_setting(&mut self, value: &'t Expr<'s>, setting: &PathSetting) {
        let when = if setting.name.starts_with("CELERY") {
            "the Celery worker starts".to_owned()
        } else {
            format!("Django reads the setting {}", setting.name)
        };
        let known = PathForm::of_setting(setting.form, &when);
        for text in texts_in(value, setting.takes_list) {
            self.path_in(text, &known, None);
        }
    }
}

fn setting(name: &str) -> Option<&'static PathSetting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// Give the names that a statement assigns, each with the value.
fn assigned<'t, 's>(statement: &'t Stmt<'s>) -> Vec<(&'s str, Option<&'t Expr<'s>>)> {
    let (targets, value) = match &statement.kind {
        StmtKind::Assign(targets, value) => (targets.as_slice(), Some(value)),
        StmtKind::AnnAssign(assign) => {
            (std::slice::from_ref(&assign.target), assign.value.as_ref())
        }
        StmtKind::AugAssign(target, _, value) => (std::slice::from_ref(target), Some(value)),
        _ => return Vec::new(),
    };
    let name = |target: &Expr<'s>| match target.kind {
        ExprKind::Name(name, _) => Some((name, value)),
        _ => None,
    };
    targets.iter().filter_map(name).collect()
}
