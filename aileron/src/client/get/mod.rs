//! `aileron get`: lists.

mod changes;

use aileron_idl::admin::{
    Execution, LaunchPlan, LaunchPlanState, Project, ProjectListRequest, ResourceListRequest, Sort, Task,
    Workflow, sort,
};
use aileron_idl::core::Identifier;
use clap::ValueEnum;
use prost::{Message, Name};
use serde_json::Value;

use crate::client::connect::{Admin, Target};
use crate::client::failure::Failure;
use crate::client::find::named;
use crate::client::output::{self, Format, print, print_value, table};
use crate::client::phase::{length, time};

/// Most rows that one call asks for.
const PAGE: u32 = 100;
/// What a list of executions shows.
const EXECUTIONS: [&str; 5] = ["NAME", "LAUNCH PLAN", "PHASE", "STARTED", "DURATION"];

/// Lists projects, workflows, launch plans, tasks or executions.
#[derive(Debug, clap::Args)]
pub(crate) struct Get {
    /// What to list.
    kind: Kind,
    /// Only the versions of this workflow, launch plan or task, or only this project or execution.
    name: Option<String>,
    /// Most rows.
    #[arg(long, short, default_value_t = 20, value_name = "N")]
    limit: u32,
    /// Flyte's filter, such as `eq(phase,FAILED)` or `contains(name,etl)`; several are joined by `+`.
    #[arg(long, short, default_value = "", hide_default_value = true)]
    filter: String,
    /// Column to sort by.
    #[arg(long, default_value = "created_at", value_name = "COLUMN")]
    sort: String,
    /// Least first instead of greatest first.
    #[arg(long)]
    ascending: bool,
    /// Stay and show what changes, until none of the listed executions runs.
    #[arg(long, short)]
    watch: bool,
    /// Form of the result.
    #[arg(long, short, value_enum, default_value_t)]
    output: Format,
    #[command(flatten)]
    target: Target,
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    #[value(alias = "project")]
    Projects,
    #[value(alias = "workflow")]
    Workflows,
    #[value(aliases = ["launch-plan", "launchplans", "launchplan"])]
    LaunchPlans,
    #[value(alias = "task")]
    Tasks,
    #[value(alias = "execution")]
    Executions,
}

impl Get {
    pub(super) async fn run(self) -> Result<(), Failure> {
        if self.watch && self.kind != Kind::Executions {
            let problem = "only executions change while they are watched; leave --watch out";
            return Err(Failure::Usage(problem.to_owned()));
        }
        let mut admin = self.target.connect().await?;
        match self.kind {
            Kind::Projects => {
                let rows = self.projects(&mut admin).await?;
                self.show(["ID", "NAME", "DESCRIPTION"], &rows, project)
            }
            Kind::Workflows => {
                let rows = self.workflows(&mut admin).await?;
                self.show(["NAME", "VERSION", "CREATED"], &rows, workflow)
            }
            Kind::LaunchPlans => {
                let rows = self.launch_plans(&mut admin).await?;
                self.show(["NAME", "VERSION", "STATE", "CREATED"], &rows, launch_plan)
            }
            Kind::Tasks => {
                let rows = self.tasks(&mut admin).await?;
                self.show(["NAME", "VERSION", "TYPE", "CREATED"], &rows, task)
            }
            Kind::Executions if self.watch => self.follow(&mut admin).await,
            Kind::Executions => {
                let rows = self.executions(&mut admin).await?;
                self.show(EXECUTIONS, &rows, execution)
            }
        }
    }

    async fn projects(&self, admin: &mut Admin) -> Result<Vec<Project>, Failure> {
        let filters = match &self.name {
            Some(name) => joined(&self.filter, &format!("eq(identifier,{name})")),
            None => self.filter.clone(),
        };
        let request = ProjectListRequest {
            limit: self.limit,
            filters,
            sort_by: Some(self.sort()),
            ..ProjectListRequest::default()
        };
        Ok(admin.list_projects(request).await?.into_inner().projects)
    }

    async fn workflows(&self, admin: &mut Admin) -> Result<Vec<Workflow>, Failure> {
        let list = async |request| {
            let page = admin.list_workflows(request).await?.into_inner();
            Ok((page.workflows, page.token))
        };
        self.pages(self.request(), list).await
    }

    async fn launch_plans(&self, admin: &mut Admin) -> Result<Vec<LaunchPlan>, Failure> {
        let list = async |request| {
            let page = admin.list_launch_plans(request).await?.into_inner();
            Ok((page.launch_plans, page.token))
        };
        self.pages(self.request(), list).await
    }

    async fn tasks(&self, admin: &mut Admin) -> Result<Vec<Task>, Failure> {
        let list = async |request| {
            let page = admin.list_tasks(request).await?.into_inner();
            Ok((page.tasks, page.token))
        };
        self.pages(self.request(), list).await
    }

    async fn executions(&self, admin: &mut Admin) -> Result<Vec<Execution>, Failure> {
        let mut request = self.request();
        if let (Some(name), Some(id)) = (&self.name, request.id.as_mut()) {
            id.name = String::new();
            request.filters = joined(&self.filter, &format!("eq(name,{name})"));
        }
        let list = async |request| {
            let page = admin.list_executions(request).await?.into_inner();
            Ok((page.executions, page.token))
        };
        self.pages(request, list).await
    }

    /// Asks for page after page, until there are enough rows or no more.
    async fn pages<T>(
        &self,
        mut request: ResourceListRequest,
        mut list: impl AsyncFnMut(ResourceListRequest) -> Result<(Vec<T>, String), Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut rows = Vec::new();
        loop {
            let missing = self.limit.saturating_sub(u32::try_from(rows.len()).unwrap_or(u32::MAX));
            if missing == 0 {
                return Ok(rows);
            }
            request.limit = missing.min(PAGE);
            let (page, token) = list(request.clone()).await?;
            rows.extend(page);
            if token.is_empty() {
                return Ok(rows);
            }
            request.token = token;
        }
    }

    fn sort(&self) -> Sort {
        let direction = if self.ascending { sort::Direction::Ascending } else { sort::Direction::Descending };
        Sort { key: self.sort.clone(), direction: direction.into() }
    }

    fn request(&self) -> ResourceListRequest {
        ResourceListRequest {
            id: Some(named(&self.target, self.name.as_deref().unwrap_or_default())),
            filters: self.filter.clone(),
            sort_by: Some(self.sort()),
            ..ResourceListRequest::default()
        }
    }

    fn show<M: Message + Name, const N: usize>(
        &self,
        heading: [&str; N],
        rows: &[M],
        row: fn(&M) -> [String; N],
    ) -> Result<(), Failure> {
        if self.output == Format::Table {
            return print(&table(heading, &rows.iter().map(row).collect::<Vec<_>>()));
        }
        let values: Result<Vec<Value>, Failure> = rows.iter().map(output::value).collect();
        print_value(self.output, &Value::Array(values?))
    }
}

fn joined(filter: &str, more: &str) -> String {
    if filter.is_empty() { more.to_owned() } else { format!("{filter}+{more}") }
}

fn name_and_version(id: Option<&Identifier>) -> (String, String) {
    id.map(|id| (id.name.clone(), id.version.clone())).unwrap_or_default()
}

fn project(project: &Project) -> [String; 3] {
    [project.id.clone(), project.name.clone(), project.description.lines().next().unwrap_or("").to_owned()]
}

fn workflow(workflow: &Workflow) -> [String; 3] {
    let (name, version) = name_and_version(workflow.id.as_ref());
    let created = workflow.closure.as_ref().and_then(|closure| closure.created_at.as_ref());
    [name, version, time(created)]
}

fn launch_plan(plan: &LaunchPlan) -> [String; 4] {
    let (name, version) = name_and_version(plan.id.as_ref());
    let closure = plan.closure.clone().unwrap_or_default();
    let state = match closure.state() {
        LaunchPlanState::Active => "active",
        LaunchPlanState::Inactive => "inactive",
    };
    [name, version, state.to_owned(), time(closure.created_at.as_ref())]
}

fn task(task: &Task) -> [String; 4] {
    let (name, version) = name_and_version(task.id.as_ref());
    let closure = task.closure.clone().unwrap_or_default();
    let template = closure.compiled_task.and_then(|compiled| compiled.template);
    [
        name,
        version,
        template.map(|template| template.r#type).unwrap_or_default(),
        time(closure.created_at.as_ref()),
    ]
}

fn execution(execution: &Execution) -> [String; 5] {
    let name = execution.id.as_ref().map(|id| id.name.clone()).unwrap_or_default();
    let plan = execution.spec.as_ref().and_then(|spec| spec.launch_plan.as_ref());
    let closure = execution.closure.clone().unwrap_or_default();
    [
        name,
        plan.map(|plan| plan.name.clone()).unwrap_or_default(),
        closure.phase().as_str_name().to_owned(),
        time(closure.started_at.as_ref()),
        length(closure.duration.as_ref()),
    ]
}
