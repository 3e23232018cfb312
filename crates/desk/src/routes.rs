//! The routes of a desk, each with what it is for and what the gate is asked: from the definitions, one entry a step.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::Method,
    response::{IntoResponse, Redirect, Response},
};
use definitions::{Definition, FieldType, Step};
use kernel::{Class, Text};
use pages::Prefs;
use web::{Path, Problem, RouteInfo, Routes};

use crate::{
    Desk, api,
    case::Where,
    look::{self, Page},
    schema,
    sitting::Table,
    step::{self, Which},
};

/// The operations of every procedure by which somebody looks.
const LOOKING: [&str; 5] = ["list-page", "page", "receipt-page", "list", "get"];

/// One procedure as its routes know it.
struct Of<'a> {
    desk: &'a Arc<Desk>,
    definition: &'a Definition,
}

fn or_problem(shown: Result<Response, Problem>) -> Response {
    shown.unwrap_or_else(IntoResponse::into_response)
}

impl Desk {
    /// All routes of this desk: pages below `/<service>`, the API below `/api/<service>`. Definitions are fixed while a
    /// process runs, so each step has an entry of its own, with the schema of its fields.
    pub fn routes(self) -> Routes<()> {
        let desk = Arc::new(self);
        let service = desk.office.service();
        let title = desk.office.title();
        let name = |part: &str| format!("{service}-{part}");
        let bare = RouteInfo::new(
            Method::GET,
            format!("/{service}"),
            name("desk-bare"),
            title.clone(),
            (service, "open", Class::Public),
        )
        .html();
        let home = RouteInfo::new(
            Method::GET,
            format!("/{service}/"),
            name("desk"),
            Text::new(format!("{}：我的办公桌", title.zh), format!("{}: my desk", title.en)),
            (service, "open", Class::Public),
        )
        .html();
        let attach = RouteInfo::new(
            Method::POST,
            format!("/api/{service}/units/{{unit}}/attachments"),
            name("attach"),
            Text::new("上传附件", "Send an attachment"),
            (service, "act", Class::Staff),
        )
        .upload()
        .gives(schema::kept());
        let (at_home, attaching, to) = (desk.clone(), desk.clone(), desk.home());
        let mut routes = Routes::new()
            .add(bare, move || async move { Redirect::to(&to) })
            .add(home, move |prefs: Prefs, request: Request| {
                let desk = at_home.clone();
                async move { look::show(&desk, prefs, request, Page::Home).await }
            })
            .add(attach, move |Path(unit): Path<String>, request: Request| {
                let desk = attaching.clone();
                async move { or_problem(api::attach(&desk, request, &unit).await) }
            });
        for definition in desk.office.definitions().iter() {
            let of = Of { desk: &desk, definition };
            routes = of.looking(routes);
            for step in &definition.steps {
                // What happens by itself and what residents do has no place on a staff desk.
                if matches!(
                    step.by.who,
                    definitions::Who::System(_) | definitions::Who::Resident(_)
                ) {
                    continue;
                }
                if definition.is_first(step) {
                    routes = of.starting(routes, step);
                } else {
                    routes = of.going_on(routes, step);
                }
            }
        }
        routes
    }
}

impl Of<'_> {
    fn info(
        &self,
        method: Method,
        path: String,
        part: &str,
        summary: Text,
        action: &str,
    ) -> RouteInfo {
        let service = self.desk.office.service();
        let operation = format!("{service}-{}-{part}", self.definition.id);
        let class = if self.definition.is_closed() { Class::Sealed } else { Class::Staff };
        RouteInfo::new(method, path, operation, summary, (service, action, class))
    }

    fn said(&self, zh: &str, en: &str) -> Text {
        let term = &self.definition.term;
        Text::new(format!("{}：{zh}", term.zh), format!("{}: {en}", term.en))
    }

    fn looking(&self, routes: Routes<()>) -> Routes<()> {
        let service = self.desk.office.service();
        let procedure = self.definition.id.clone();
        let read = |path: String, part: &str, summary: Text| {
            self.info(Method::GET, path, part, summary, "read")
        };
        let list = read(
            format!("/{service}/units/{{unit}}/{procedure}"),
            "list-page",
            self.said("列表页", "page of the list"),
        )
        .html();
        let thing = read(
            format!("/{service}/{procedure}/{{id}}"),
            "page",
            self.said("事项页", "page of one matter"),
        )
        .html();
        let receipt = read(
            format!("/{service}/{procedure}/{{id}}/receipts/{{event}}"),
            "receipt-page",
            self.said("回执页", "receipt"),
        )
        .html();
        let listed = read(
            format!("/api/{service}/units/{{unit}}/{procedure}"),
            "list",
            self.said("列表", "list"),
        )
        .gives(schema::list());
        let got = read(
            format!("/api/{service}/{procedure}/{{id}}"),
            "get",
            self.said("一件事项", "one matter"),
        )
        .gives(schema::thing());
        let given = || (self.desk.clone(), procedure.clone());
        let (a, b, c, d, e) = (given(), given(), given(), given(), given());
        routes
            .add(list, move |prefs: Prefs, Path(unit): Path<String>, request: Request| {
                let (desk, procedure) = a.clone();
                async move {
                    look::show(
                        &desk,
                        prefs,
                        request,
                        Page::List { unit: &unit, procedure: &procedure },
                    )
                    .await
                }
            })
            .add(thing, move |prefs: Prefs, Path(id): Path<String>, request: Request| {
                let (desk, procedure) = b.clone();
                async move {
                    look::show(
                        &desk,
                        prefs,
                        request,
                        Page::Thing { procedure: &procedure, id: &id },
                    )
                    .await
                }
            })
            .add(
                receipt,
                move |prefs: Prefs, Path((id, event)): Path<(String, String)>, request: Request| {
                    let (desk, procedure) = c.clone();
                    async move {
                        look::show(
                            &desk,
                            prefs,
                            request,
                            Page::Receipt { procedure: &procedure, id: &id, event: &event },
                        )
                        .await
                    }
                },
            )
            .add(listed, move |Path(unit): Path<String>, request: Request| {
                let (desk, procedure) = d.clone();
                async move { or_problem(api::list(&desk, request, &unit, &procedure).await) }
            })
            .add(got, move |Path(id): Path<String>, request: Request| {
                let (desk, procedure) = e.clone();
                async move { or_problem(api::thing(&desk, request, &procedure, &id).await) }
            })
    }

    /// The first step, taken at a unit.
    fn starting(&self, routes: Routes<()>, step: &Step) -> Routes<()> {
        let path = format!("/units/{{unit}}/{}/{}", self.definition.id, step.id);
        let three = self.three(step, &path);
        self.taking(routes, step, three, |id| Where::Unit(id))
    }

    /// A further step, taken in a thing; the API wants the version seen.
    fn going_on(&self, routes: Routes<()>, step: &Step) -> Routes<()> {
        let path = format!("/{}/{{id}}/{}", self.definition.id, step.id);
        let (page, send, api) = self.three(step, &path);
        self.taking(routes, step, (page, send, api.versioned()), |id| Where::Thing(id))
    }

    /// The path's one parameter says where, as `at` reads it.
    fn taking(
        &self,
        routes: Routes<()>,
        step: &Step,
        (page, send, api): (RouteInfo, RouteInfo, RouteInfo),
        at: fn(&str) -> Where<'_>,
    ) -> Routes<()> {
        let given = || (self.desk.clone(), self.definition.id.clone(), step.id.clone());
        let (a, b, c) = (given(), given(), given());
        routes
            .add(page, move |prefs: Prefs, Path(id): Path<String>, request: Request| {
                let (desk, procedure, step) = a.clone();
                async move {
                    let which = Which { procedure: &procedure, step: &step };
                    step::get(&desk, prefs, request, which, at(&id)).await
                }
            })
            .add(send, move |prefs: Prefs, Path(id): Path<String>, request: Request| {
                let (desk, procedure, step) = b.clone();
                async move {
                    let which = Which { procedure: &procedure, step: &step };
                    step::post(&desk, prefs, request, which, at(&id)).await
                }
            })
            .add(api, move |Path(id): Path<String>, request: Request| {
                let (desk, procedure, step) = c.clone();
                async move {
                    let which = Which { procedure: &procedure, step: &step };
                    or_problem(api::take(&desk, request, which, at(&id)).await)
                }
            })
    }

    /// The name of a step among the operations: its id, where nothing else is called so.
    fn operation(&self, step: &Step) -> String {
        let others = self.definition.steps.iter().any(|other| {
            let form = step.id.strip_prefix(&other.id);
            form.is_some_and(|rest| ["-form", "-send"].contains(&rest))
        });
        if others || LOOKING.contains(&step.id.as_str()) {
            format!("step-{}", step.id)
        } else {
            step.id.clone()
        }
    }

    /// The form's page, what it sends to, and the API's route.
    fn three(&self, step: &Step, path: &str) -> (RouteInfo, RouteInfo, RouteInfo) {
        let service = self.desk.office.service();
        let page = format!("/{service}{path}");
        let api = format!("/api/{service}{path}");
        let text = |zh: &str, en: &str| {
            self.said(&format!("{}{zh}", step.name.zh), &format!("{}{en}", step.name.en))
        };
        let operation = self.operation(step);
        let form = self
            .info(
                Method::GET,
                page.clone(),
                &format!("{operation}-form"),
                text("（表单）", " (form)"),
                "read",
            )
            .html();
        let mut send = self
            .info(
                Method::POST,
                page,
                &format!("{operation}-send"),
                text("（核对、提交）", " (check and send)"),
                "act",
            )
            .html();
        let files = self
            .definition
            .form(step)
            .into_iter()
            .any(|field| matches!(field.kind, FieldType::Attachment | FieldType::Photo));
        if files || Table::is_for(step) {
            send = send.upload();
        }
        let take = self
            .info(Method::POST, api, &operation, text("", ""), "act")
            .takes(schema::request(self.definition, step))
            .gives(schema::receipt())
            .keyed();
        (form, send, take)
    }
}
