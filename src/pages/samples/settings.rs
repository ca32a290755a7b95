//! Keys, members, the account, its sessions and its audit log.

use super::{ago, drawn, person, problem};
use crate::pages::account::{AccountPage, readers};
use crate::pages::audit::{AuditPage, AuditRow, ChangeRow, Choice};
use crate::pages::components::control::Control;
use crate::pages::components::examples::ExampleModel;
use crate::pages::delete_account::DeleteAccountPage;
use crate::pages::keys::{KeyCreatedPage, KeyRow, KeysPage, NewKeyPage};
use crate::pages::members::{InvitationRow, MemberRow, MembersPage};
use crate::pages::password::PasswordPage;
use crate::pages::second_factor::{EnrolPage, RecoveryCodesPage, SecondFactorPage};
use crate::pages::shell::{Person, Section, Shell};
use crate::pages::you::{SessionRow, YouPage};
use crate::store::accounts::ContentReaders;

#[test]
fn keys() {
    let row = |name: &str, used| KeyRow {
        id: name.to_owned(),
        name: name.to_owned(),
        type_label: "Inference",
        state: "",
        expires: None,
        masked: "tck-inf-Ab12…9xYz".to_owned(),
        created: ago(60 * 24 * 3),
        last_used: used,
    };
    insta::assert_snapshot!(drawn(&KeysPage {
        shell: Shell::settings(Section::Keys, "API keys", person()),
        keys: vec![row("Support bot", Some(ago(4))), row("Notebook", None)],
        can_edit: true,
    }));
}

#[test]
fn key_that_has_no_name() {
    let mut shell = Shell::settings(Section::Keys, "Create a key", person());
    shell.problems = vec![problem(Some("name"), "Enter a name.")];
    let name = Control::text("name", "Name").hint("For example the application that will use it.");
    insta::assert_snapshot!(drawn(&NewKeyPage { name: name.problem(&shell.problems), shell, is_management: true }));
}

#[test]
fn key_that_was_just_made() {
    insta::assert_snapshot!(drawn(&KeyCreatedPage {
        shell: Shell::settings(Section::Keys, "Copy your new key", person()),
        name: "Support bot".to_owned(),
        key: "tck-inf-0123456789abcdefghijklmnopqrstuvwxyzABCDEFG-h1J2k3".to_owned(),
        is_management: false,
        public_url: "http://localhost:8080".to_owned(),
        model: ExampleModel { name: "demo/echo".to_owned(), is_placeholder: false },
    }));
}

#[test]
fn members_with_a_new_invitation() {
    let row = |email: &str, is_admin, is_you| MemberRow {
        id: email.to_owned(),
        email: email.to_owned(),
        is_admin,
        joined: ago(60 * 30),
        is_you,
    };
    insta::assert_snapshot!(drawn(&MembersPage {
        shell: Shell::settings(
            Section::Members,
            "Members",
            Person { other_accounts: vec![("0199-3".to_owned(), "Difference Engines".to_owned())], ..person() },
        ),
        members: vec![row("ada@example.com", true, true), row("charles@example.com", false, false)],
        invitations: vec![InvitationRow { id: "0199-2".to_owned(), role: "Admin", expires: "1 May 2027".to_owned() }],
        new_link: Some("http://localhost:8080/invitations/0123456789abcdef".to_owned()),
        can_edit: true,
    }));
}

#[test]
fn account() {
    insta::assert_snapshot!(drawn(&AccountPage {
        shell: Shell::settings(Section::Account, "Account", person()),
        name: Control::text("name", "Account name").value("Analytical Engines"),
        content_readers: readers(ContentReaders::Admins),
        is_private: false,
        is_second_factor_required: false,
        can_edit: true,
    }));
}

#[test]
fn you() {
    insta::assert_snapshot!(drawn(&YouPage {
        shell: Shell::settings(Section::Account, "You", person()),
        email: "ada@example.com".to_owned(),
        password: vec![
            Control::password("current_password", "Current password", "current-password"),
            Control::password("password", "New password", "new-password").hint("At least 12 characters."),
        ],
        has_second_factor: true,
        sessions: vec![session("Firefox on Linux", true), session("Safari on iPhone", false)],
    }));
}

fn session(device: &str, is_this: bool) -> SessionRow {
    SessionRow {
        id: "0199-4".to_owned(),
        device: device.to_owned(),
        user_agent: format!("Mozilla/5.0 ({device})"),
        address: "192.0.2.7".to_owned(),
        begun: ago(60 * 24 * 2),
        used: ago(2),
        is_this,
    }
}

#[test]
fn second_factor_that_the_account_asks_for() {
    insta::assert_snapshot!(drawn(&SecondFactorPage {
        shell: Shell::settings(Section::Account, "Second factor", person()),
        is_on: false,
        codes_left: 0,
        is_lacking: true,
        account_name: "Analytical Engines".to_owned(),
    }));
}

#[test]
fn second_factor_that_is_set_up() {
    insta::assert_snapshot!(drawn(&EnrolPage {
        shell: Shell::settings(Section::Account, "Set up a second factor", person()),
        picture: Some("data:image/svg+xml;base64,PHN2Zy8+".to_owned()),
        key: "GEZD GNBV GY3T QOJQ".to_owned(),
        code: Control::text("code", "Code from the app"),
    }));
}

#[test]
fn recovery_codes() {
    insta::assert_snapshot!(drawn(&RecoveryCodesPage {
        shell: Shell::settings(Section::Account, "Keep your recovery codes", person()),
        codes: vec!["00000-11111-22222-33333-44444-55555".to_owned(), "66666-77777-88888-99999-aaaaa-bbbbb".to_owned()],
    }));
}

#[test]
fn password_again() {
    insta::assert_snapshot!(drawn(&PasswordPage {
        shell: Shell::settings(Section::Keys, "Enter your password", person()),
        what: "create a management key",
        email: "ada@example.com".to_owned(),
        password: Control::password("password_again", "Password", "current-password"),
        action: "/settings/keys".to_owned(),
        carried: vec![("name", "Terraform".to_owned()), ("type", "management".to_owned())],
        back_path: "/settings/keys",
    }));
}

#[test]
fn account_that_is_about_to_be_deleted() {
    insta::assert_snapshot!(drawn(&DeleteAccountPage {
        shell: Shell::settings(Section::Account, "Delete this account", person()),
        account_name: "Analytical Engines".to_owned(),
        fields: vec![
            Control::text("account_name", "Name of the account").hint("Type it as it stands above."),
            Control::password("password", "Your password", "current-password"),
        ],
    }));
}

#[test]
fn audit_log() {
    let choice = |label: &str, is_chosen| Choice { value: label.to_lowercase(), label: label.to_owned(), is_chosen };
    let row = |what: &str, subject: &str, changes| AuditRow {
        what: what.to_owned(),
        subject: subject.to_owned(),
        who: String::new(),
        actor: "ada@example.com".to_owned(),
        address: "192.0.2.7".to_owned(),
        day: None,
        when: ago(3),
        changes,
    };
    let renamed =
        ChangeRow { label: "Name".to_owned(), before: Some("Sentry".to_owned()), after: Some("Production".to_owned()) };
    insta::assert_snapshot!(drawn(&AuditPage {
        shell: Shell::settings(Section::Account, "Audit log", person()),
        events: vec![choice("Signed in", false), choice("Destination renamed", true)],
        people: vec![choice("ada@example.com", false)],
        is_filtered: true,
        rows: vec![
            row("Destination renamed", "Sentry", vec![renamed]),
            row("Signed in", "Firefox on Linux", Vec::new())
        ],
        older: Some("/settings/account/audit?event=destination_renamed&before=0199-5".to_owned()),
        newest: None,
        export: "/settings/account/audit.csv?event=destination_renamed".to_owned(),
    }));
}
