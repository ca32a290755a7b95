//! What people see before they are signed in, and when there is nothing to see.

use actix_web::http::StatusCode;

use super::{drawn, problem};
use crate::pages::code::CodePage;
use crate::pages::components::control::Control;
use crate::pages::invitation::InvitationPage;
use crate::pages::password_reset::PasswordResetPage;
use crate::pages::problem::ProblemPage;
use crate::pages::shell::Shell;
use crate::pages::sign_in::SignInPage;
use crate::pages::sign_up::SignUpPage;

#[test]
fn sign_up_with_a_mistake() {
    let mut shell = Shell::signed_out("Create the first account");
    shell.problems = vec![problem(Some("password"), "Use at least 12 characters.")];
    let fields = vec![
        Control::email().value("ada@example.com"),
        Control::password("password", "Password", "new-password")
            .hint("At least 12 characters.")
            .problem(&shell.problems),
        Control::text("account_name", "Account name").value("Analytical Engines").hint("Your team or your project."),
    ];
    insta::assert_snapshot!(drawn(&SignUpPage {
        shell,
        heading: "Create the first account".to_owned(),
        lead: "This Tracecast is new. You will be its first admin.".to_owned(),
        action: "/sign-up".to_owned(),
        fields,
        button: "Create account",
        is_first: true,
        sign_in_path: "/sign-in".to_owned(),
    }));
}

#[test]
fn sign_in() {
    insta::assert_snapshot!(drawn(&SignInPage {
        shell: Shell::signed_out("Sign in"),
        next: "/settings/keys".to_owned(),
        fields: vec![Control::email(), Control::password("password", "Password", "current-password")],
        can_sign_up: false,
    }));
}

#[test]
fn invitation() {
    insta::assert_snapshot!(drawn(&InvitationPage {
        shell: Shell::signed_out("Join Analytical Engines"),
        account_name: "Analytical Engines".to_owned(),
        email: "charles@example.com".to_owned(),
        role: "member",
        action: "/invitations/abc".to_owned(),
    }));
}

#[test]
fn not_found() {
    insta::assert_snapshot!(drawn(&ProblemPage::new(StatusCode::NOT_FOUND)));
}

#[test]
fn code_at_sign_in() {
    insta::assert_snapshot!(drawn(&CodePage {
        shell: Shell::signed_out("Enter your code"),
        next: "/settings/keys".to_owned(),
        code: Control::text("code", "Code"),
    }));
}

#[test]
fn password_reset() {
    insta::assert_snapshot!(drawn(&PasswordResetPage {
        shell: Shell::signed_out("Set a new password"),
        email: "ada@example.com".to_owned(),
        password: Control::password("password", "New password", "new-password"),
        action: "/password-reset/0123".to_owned(),
    }));
}
