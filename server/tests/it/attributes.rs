//! Matchable attributes: where they are set, which count, and what they do to launches.

use aileron_idl::admin::matching_attributes::Target;
use aileron_idl::admin::plugin_override::MissingPluginBehavior;
use aileron_idl::admin::{
    ClusterAssignment, Envs, ExecutionClusterLabel, ExecutionQueueAttributes, ExecutionSpec, Labels,
    ListMatchableAttributesRequest, MatchableResource, MatchingAttributes, PluginOverride, PluginOverrides,
    Project, ProjectAttributes, ProjectAttributesDeleteRequest, ProjectAttributesGetRequest,
    ProjectAttributesUpdateRequest, ProjectDomainAttributes, ProjectDomainAttributesDeleteRequest,
    ProjectDomainAttributesGetRequest, ProjectDomainAttributesUpdateRequest, RawOutputDataConfig,
    TaskCreateRequest, TaskResourceAttributes, TaskResourceSpec, WorkflowAttributes,
    WorkflowAttributesGetRequest, WorkflowAttributesUpdateRequest, WorkflowExecutionConfig,
    WorkflowExecutionGetRequest,
};
use aileron_idl::core::resources::{ResourceEntry, ResourceName};
use aileron_idl::core::{KeyValuePair, QualityOfService, Resources, SimpleType, task_template};
use tonic::{Code, Status};

use crate::fixture::{self, DOMAIN, PROJECT, execution_id, launch, number, task};
use crate::harness::{Handed, TestServer};

/// What an attribute is set on: a project, with more to it if there is more.
type Place = [&'static str; 3];

const OF_PROJECT: Place = [PROJECT, "", ""];
const OF_DOMAIN: Place = [PROJECT, DOMAIN, ""];
const OF_WORKFLOW: Place = [PROJECT, DOMAIN, "wf"];

async fn set(
    server: &mut TestServer,
    [project, domain, workflow]: Place,
    target: Target,
) -> Result<(), Status> {
    let (project, domain, workflow) = (project.to_owned(), domain.to_owned(), workflow.to_owned());
    let matching_attributes = Some(MatchingAttributes { target: Some(target) });
    if !workflow.is_empty() {
        let attributes =
            WorkflowAttributes { project, domain, workflow, matching_attributes, ..Default::default() };
        let request = WorkflowAttributesUpdateRequest { attributes: Some(attributes) };
        server.admin.update_workflow_attributes(request).await.map(drop)
    } else if !domain.is_empty() {
        let attributes =
            ProjectDomainAttributes { project, domain, matching_attributes, ..Default::default() };
        let request = ProjectDomainAttributesUpdateRequest { attributes: Some(attributes) };
        server.admin.update_project_domain_attributes(request).await.map(drop)
    } else {
        let attributes = ProjectAttributes { project, matching_attributes, ..Default::default() };
        let request = ProjectAttributesUpdateRequest { attributes: Some(attributes) };
        server.admin.update_project_attributes(request).await.map(drop)
    }
}

async fn get(server: &mut TestServer, place: Place, kind: MatchableResource) -> Result<Target, Status> {
    let ([project, domain, workflow], resource_type) = (place.map(str::to_owned), kind as i32);
    let found = if !workflow.is_empty() {
        let request =
            WorkflowAttributesGetRequest { project, domain, workflow, resource_type, ..Default::default() };
        let found = server.admin.get_workflow_attributes(request).await?.into_inner();
        found.attributes.unwrap().matching_attributes
    } else if !domain.is_empty() {
        let request =
            ProjectDomainAttributesGetRequest { project, domain, resource_type, ..Default::default() };
        let found = server.admin.get_project_domain_attributes(request).await?.into_inner();
        found.attributes.unwrap().matching_attributes
    } else {
        let request = ProjectAttributesGetRequest { project, resource_type, ..Default::default() };
        let found = server.admin.get_project_attributes(request).await?.into_inner();
        found.attributes.unwrap().matching_attributes
    };
    Ok(found.unwrap().target.unwrap())
}

fn pool(name: &str) -> Target {
    Target::ClusterAssignment(ClusterAssignment { cluster_pool_name: name.into() })
}

fn at_most(max_parallelism: i32) -> Target {
    Target::WorkflowExecutionConfig(WorkflowExecutionConfig { max_parallelism, ..Default::default() })
}

fn cpu(default: &str, limit: &str) -> Target {
    let spec = |cpu: &str| Some(TaskResourceSpec { cpu: cpu.into(), ..Default::default() });
    Target::TaskResourceAttributes(TaskResourceAttributes { defaults: spec(default), limits: spec(limit) })
}

#[tokio::test]
async fn the_most_exact_place_counts() {
    let mut server = TestServer::start().await;
    let kind = MatchableResource::ClusterAssignment;
    for place in [OF_PROJECT, OF_DOMAIN, OF_WORKFLOW] {
        assert_eq!(get(&mut server, place, kind).await.unwrap_err().code(), Code::NotFound);
    }
    for (at, name, expected) in [
        (OF_PROJECT, "p", ["p", "p", "p"]),
        (OF_WORKFLOW, "w", ["p", "p", "w"]),
        (OF_DOMAIN, "d", ["p", "d", "w"]),
        (OF_PROJECT, "q", ["q", "d", "w"]),
    ] {
        set(&mut server, at, pool(name)).await.unwrap();
        for (place, expected) in [OF_PROJECT, OF_DOMAIN, OF_WORKFLOW].into_iter().zip(expected) {
            assert_eq!(get(&mut server, place, kind).await.unwrap(), pool(expected), "{name} {place:?}");
        }
    }
    let list = ListMatchableAttributesRequest { resource_type: kind as i32, ..Default::default() };
    let all = server.admin.list_matchable_attributes(list.clone()).await.unwrap().into_inner().configurations;
    let shown: Vec<_> = all.iter().map(|one| [&*one.project, &*one.domain, &*one.workflow]).collect();
    assert_eq!(shown, [OF_PROJECT, OF_DOMAIN, OF_WORKFLOW]);

    let (project, domain, resource_type) = (PROJECT.to_owned(), DOMAIN.to_owned(), kind as i32);
    let of_domain = ProjectDomainAttributesDeleteRequest {
        project: project.clone(),
        domain,
        resource_type,
        ..Default::default()
    };
    for _ in 0..2 {
        // What is gone may be removed again.
        server.admin.delete_project_domain_attributes(of_domain.clone()).await.unwrap();
        assert_eq!(get(&mut server, OF_DOMAIN, kind).await.unwrap(), pool("q"));
    }
    let of_project = ProjectAttributesDeleteRequest { project, resource_type, ..Default::default() };
    server.admin.delete_project_attributes(of_project).await.unwrap();
    assert_eq!(get(&mut server, OF_DOMAIN, kind).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(
        server.admin.list_matchable_attributes(list).await.unwrap().into_inner().configurations.len(),
        1
    );
}

#[tokio::test]
async fn settings_of_a_project_are_always_there() {
    let mut server = TestServer::start().await;
    let kind = MatchableResource::WorkflowExecutionConfig;
    assert_eq!(get(&mut server, OF_PROJECT, kind).await.unwrap(), at_most(25));
    set(&mut server, OF_PROJECT, at_most(7)).await.unwrap();
    assert_eq!(get(&mut server, OF_PROJECT, kind).await.unwrap(), at_most(7));
}

#[tokio::test]
async fn plugins_are_kept_by_type_of_task() {
    let mut server = TestServer::start().await;
    let overrides = |pairs: &[(&str, &str)]| {
        let one = |(task_type, plugin): &(&str, &str)| PluginOverride {
            task_type: (*task_type).into(),
            plugin_id: vec![(*plugin).into()],
            missing_plugin_behavior: MissingPluginBehavior::UseDefault as i32,
        };
        Target::PluginOverrides(PluginOverrides { overrides: pairs.iter().map(one).collect() })
    };
    set(&mut server, OF_DOMAIN, overrides(&[("spark", "a"), ("sql", "b")])).await.unwrap();
    set(&mut server, OF_DOMAIN, overrides(&[("spark", "c")])).await.unwrap();
    let found = get(&mut server, OF_DOMAIN, MatchableResource::PluginOverride).await.unwrap();
    assert_eq!(found, overrides(&[("sql", "b"), ("spark", "c")]));

    fixture::register(&mut server).await;
    server.admin.create_execution(launch("one", number(1))).await.unwrap();
    let Handed::Start(object) = server.next_handed().await else { panic!("it was not started") };
    let plugin = &object.execution_config.task_plugin_impls["spark"];
    assert_eq!((plugin.plugin_ids.as_slice(), plugin.missing_plugin_behavior), (&["c".to_owned()][..], 1));
}

#[tokio::test]
async fn bad_attributes_are_refused() {
    let mut server = TestServer::start().await;
    let nameless = PluginOverrides { overrides: vec![PluginOverride::default()] };
    for (place, target, expected) in [
        (["nobody", "", ""], pool("x"), "project [nobody] not found"),
        ([PROJECT, "moon", ""], pool("x"), "domain [moon]"),
        (
            OF_DOMAIN,
            Target::QualityOfService(QualityOfService::default()),
            "QUALITY_OF_SERVICE_SPECIFICATION",
        ),
        (OF_DOMAIN, cpu("3", "2"), "defaults.cpu, value:[3]: it is greater than the limit [2]"),
        (OF_DOMAIN, cpu("much", ""), "defaults.cpu, value:[much]"),
        (OF_DOMAIN, at_most(-1), "max_parallelism"),
        (OF_DOMAIN, Target::PluginOverrides(nameless), "task_type"),
    ] {
        let refused = set(&mut server, place, target).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument, "{refused}");
        assert!(refused.message().contains(expected), "{expected}: {refused}");
    }
    let unknown = ListMatchableAttributesRequest { resource_type: 77, ..Default::default() };
    let refused = server.admin.list_matchable_attributes(unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

async fn launched(
    server: &mut TestServer,
    name: &str,
    adjust: impl FnOnce(&mut ExecutionSpec),
) -> ExecutionSpec {
    let mut request = launch(name, number(1));
    adjust(request.spec.as_mut().unwrap());
    server.admin.create_execution(request).await.unwrap();
    let request = WorkflowExecutionGetRequest { id: Some(execution_id(name)) };
    server.admin.get_execution(request).await.unwrap().into_inner().spec.unwrap()
}

#[tokio::test]
async fn a_launch_takes_what_counts_most() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let labels = |key: &str| Some(Labels { values: [(key.to_owned(), "x".to_owned())].into() });
    let of_project =
        WorkflowExecutionConfig { labels: labels("team"), max_parallelism: 4, ..Default::default() };
    set(&mut server, OF_PROJECT, Target::WorkflowExecutionConfig(of_project)).await.unwrap();
    set(&mut server, OF_WORKFLOW, at_most(9)).await.unwrap();
    set(&mut server, OF_DOMAIN, pool("gpus")).await.unwrap();
    let project = Project { id: PROJECT.into(), labels: labels("owner"), ..Default::default() };
    server.admin.update_project(project).await.unwrap();

    let spec = launched(&mut server, "all", |_| {}).await;
    assert_eq!(spec.max_parallelism, 9);
    assert_eq!(spec.labels.unwrap().values.into_keys().collect::<Vec<_>>(), ["owner", "team"]);
    assert_eq!(spec.cluster_assignment.unwrap().cluster_pool_name, "gpus");
    let spec = launched(&mut server, "own", |spec| {
        spec.max_parallelism = 2;
        spec.labels = labels("mine");
    })
    .await;
    assert_eq!(spec.max_parallelism, 2);
    assert_eq!(spec.labels.unwrap().values.into_keys().collect::<Vec<_>>(), ["mine", "owner"]);
    let mut other = launch("other", number(1));
    other.spec.as_mut().unwrap().cluster_assignment =
        Some(ClusterAssignment { cluster_pool_name: "cpus".into() });
    let refused = server.admin.create_execution(other).await.unwrap_err();
    assert!(refused.message().contains("the attributes here say [gpus]"), "{refused}");
}

#[tokio::test]
async fn queues_and_clusters_reach_the_data_plane() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    let tags = vec!["critical".to_owned(), "gpu".to_owned()];
    let queues = ExecutionQueueAttributes { tags: tags.clone() };
    set(&mut server, OF_DOMAIN, Target::ExecutionQueueAttributes(queues)).await.unwrap();
    let label = ExecutionClusterLabel { value: "eu".into() };
    set(&mut server, OF_WORKFLOW, Target::ExecutionClusterLabel(label.clone())).await.unwrap();
    let spec = launched(&mut server, "tagged", |_| {}).await;
    assert_eq!(spec.execution_cluster_label, Some(label));
    let Handed::Start(object) = server.next_handed().await else { panic!("it was not started") };
    assert_eq!(object.execution_config.queue_tags, tags);
}

#[tokio::test]
async fn where_nobody_says_anything_the_server_does() {
    let own = WorkflowExecutionConfig {
        max_parallelism: 3,
        labels: Some(Labels { values: [("team".to_owned(), "red".to_owned())].into() }),
        raw_output_data_config: Some(RawOutputDataConfig { output_location_prefix: "s3://bulk".into() }),
        interruptible: Some(true),
        envs: Some(Envs { values: vec![KeyValuePair { key: "A".into(), value: "1".into() }] }),
        ..Default::default()
    };
    let defaults = own.clone();
    let mut server =
        TestServer::start_with(move |settings| settings.execution_defaults = defaults, true).await;
    fixture::register(&mut server).await;
    let spec = launched(&mut server, "plain", |_| {}).await;
    assert_eq!((spec.max_parallelism, spec.interruptible), (3, Some(true)));
    assert_eq!((&spec.labels, &spec.envs), (&own.labels, &own.envs));
    assert_eq!(spec.raw_output_data_config, own.raw_output_data_config);
    let kind = MatchableResource::WorkflowExecutionConfig;
    let found = get(&mut server, OF_PROJECT, kind).await.unwrap();
    assert_eq!(found, Target::WorkflowExecutionConfig(own));
    set(&mut server, OF_PROJECT, at_most(9)).await.unwrap();
    let spec = launched(&mut server, "set", |_| {}).await;
    assert_eq!((spec.max_parallelism, spec.interruptible), (9, Some(true)));
}

fn asking(name: &str, cpu: &str) -> TaskCreateRequest {
    let mut request = task(name, SimpleType::Integer);
    let template = request.spec.as_mut().unwrap().template.as_mut().unwrap();
    let Some(task_template::Target::Container(container)) = &mut template.target else {
        panic!("no container")
    };
    let requests = vec![ResourceEntry { name: ResourceName::Cpu as i32, value: cpu.into() }];
    container.resources = Some(Resources { requests, ..Default::default() });
    request
}

#[tokio::test]
async fn tasks_stay_within_limits_and_executions_carry_them() {
    let mut server = TestServer::start().await;
    fixture::register(&mut server).await;
    server.admin.create_task(asking("free", "64")).await.unwrap();
    server.admin.create_execution(launch("before", number(1))).await.unwrap();
    let Handed::Start(object) = server.next_handed().await else { panic!("it was not started") };
    let resources = object.execution_config.task_resources;
    assert_eq!(
        (&*resources.requests.cpu, &*resources.requests.memory, &*resources.limits.cpu),
        ("500m", "1Gi", "0")
    );

    set(&mut server, OF_DOMAIN, cpu("250m", "2")).await.unwrap();
    server.admin.create_task(asking("modest", "1500m")).await.unwrap();
    let refused = server.admin.create_task(asking("greedy", "3")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("it is greater than the platform's limit [2]"), "{refused}");
    server.admin.create_execution(launch("after", number(1))).await.unwrap();
    let Handed::Start(object) = server.next_handed().await else { panic!("it was not started") };
    let resources = object.execution_config.task_resources;
    // They stand in for all of the server's.
    assert_eq!(
        (&*resources.requests.cpu, &*resources.requests.memory, &*resources.limits.cpu),
        ("250m", "0", "2")
    );
}
