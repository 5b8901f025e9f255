//! The catalog: what a data plane does to cache the outputs of tasks.

use aileron_idl::datacatalog::dataset_property_filter::Property;
use aileron_idl::datacatalog::pagination_options::SortOrder;
use aileron_idl::datacatalog::single_property_filter::PropertyFilter;
use aileron_idl::datacatalog::*;
use prost_types::Duration;
use tonic::{Code, Status};

use crate::fixture::{DOMAIN, PROJECT, primitive};
use crate::harness::TestServer;

fn dataset_id(name: &str) -> DatasetId {
    DatasetId {
        project: PROJECT.into(),
        domain: DOMAIN.into(),
        name: name.into(),
        version: "1.0-aa-bb".into(),
        ..Default::default()
    }
}

fn metadata(value: &str) -> Option<Metadata> {
    Some(Metadata { key_map: [("task-version".to_owned(), value.to_owned())].into() })
}

fn datum(name: &str, value: i64) -> ArtifactData {
    let value = primitive(aileron_idl::core::primitive::Value::Integer(value));
    ArtifactData { name: name.into(), value: Some(value) }
}

fn artifact(dataset: &str, id: &str, value: i64) -> CreateArtifactRequest {
    let artifact = Artifact {
        id: id.into(),
        dataset: Some(dataset_id(dataset)),
        data: vec![datum("o0", value), datum("o1", value + 1)],
        metadata: metadata("v1"),
        ..Default::default()
    };
    CreateArtifactRequest { artifact: Some(artifact) }
}

async fn with_dataset(name: &str, keys: &[&str]) -> TestServer {
    let mut server = TestServer::start().await;
    add_dataset(&mut server, name, keys).await.unwrap();
    server
}

async fn add_dataset(server: &mut TestServer, name: &str, keys: &[&str]) -> Result<(), Status> {
    let partition_keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let dataset = Dataset { id: Some(dataset_id(name)), metadata: metadata("v1"), partition_keys };
    server.catalog.create_dataset(CreateDatasetRequest { dataset: Some(dataset) }).await.map(drop)
}

fn tag(dataset: &str, artifact: &str, name: &str) -> AddTagRequest {
    let (name, artifact_id, dataset) = (name.into(), artifact.into(), Some(dataset_id(dataset)));
    AddTagRequest { tag: Some(Tag { name, artifact_id, dataset }) }
}

fn tagged(dataset: &str, tag: &str) -> GetArtifactRequest {
    let query_handle = Some(get_artifact_request::QueryHandle::TagName(tag.into()));
    GetArtifactRequest { dataset: Some(dataset_id(dataset)), query_handle }
}

async fn get(server: &mut TestServer, request: GetArtifactRequest) -> Result<Artifact, Code> {
    let answer = server.catalog.get_artifact(request).await.map_err(|status| status.code())?;
    Ok(answer.into_inner().artifact.unwrap())
}

#[tokio::test]
async fn outputs_are_cached_and_found_by_tag() {
    let mut server = with_dataset("flyte_task-inc", &[]).await;
    assert_eq!(
        add_dataset(&mut server, "flyte_task-inc", &[]).await.unwrap_err().code(),
        Code::AlreadyExists
    );
    let name = "flyte_cached-x";
    assert_eq!(get(&mut server, tagged("flyte_task-inc", name)).await, Err(Code::NotFound));
    server.catalog.create_artifact(artifact("flyte_task-inc", "a1", 3)).await.unwrap();
    server.catalog.add_tag(tag("flyte_task-inc", "a1", name)).await.unwrap();
    let found = get(&mut server, tagged("flyte_task-inc", name)).await.unwrap();
    assert_eq!(found.data, [datum("o0", 3), datum("o1", 4)]);
    assert_eq!(
        (found.id.as_str(), found.metadata, found.tags[0].name.as_str()),
        ("a1", metadata("v1"), name)
    );

    // The same artifact again changes nothing, and a tag stays where it is.
    let again = server.catalog.create_artifact(artifact("flyte_task-inc", "a1", 9)).await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    server.catalog.create_artifact(artifact("flyte_task-inc", "a2", 5)).await.unwrap();
    let moved = server.catalog.add_tag(tag("flyte_task-inc", "a2", name)).await.unwrap_err();
    assert_eq!(moved.code(), Code::AlreadyExists);
    assert_eq!(get(&mut server, tagged("flyte_task-inc", name)).await.unwrap().data[0], datum("o0", 3));

    // What was computed again replaces everything.
    let update = UpdateArtifactRequest {
        dataset: Some(dataset_id("flyte_task-inc")),
        query_handle: Some(update_artifact_request::QueryHandle::TagName(name.into())),
        data: vec![datum("o1", 8)],
        metadata: metadata("v2"),
    };
    let answer = server.catalog.update_artifact(update).await.unwrap().into_inner();
    assert_eq!(answer.artifact_id, "a1");
    let found = get(&mut server, tagged("flyte_task-inc", name)).await.unwrap();
    assert_eq!((found.data, found.metadata), (vec![datum("o1", 8)], metadata("v2")));
}

#[tokio::test]
async fn a_dataset_is_found_by_its_uuid() {
    let mut server = with_dataset("d", &["day"]).await;
    let request = GetDatasetRequest { dataset: Some(dataset_id("d")) };
    let found = server.catalog.get_dataset(request).await.unwrap().into_inner().dataset.unwrap();
    assert_eq!(found.partition_keys, ["day"]);
    let uuid = found.id.clone().unwrap().uuid;
    let request = GetDatasetRequest { dataset: Some(DatasetId { uuid, ..Default::default() }) };
    assert_eq!(server.catalog.get_dataset(request).await.unwrap().into_inner().dataset, Some(found));
}

#[tokio::test]
async fn bad_artifacts_are_refused_and_leave_nothing() {
    let mut server = with_dataset("d", &["day"]).await;
    let with = |adjust: fn(&mut Artifact)| {
        let mut request = artifact("d", "a", 1);
        let artifact = request.artifact.as_mut().unwrap();
        artifact.partitions = vec![Partition { key: "day".into(), value: "1".into() }];
        adjust(artifact);
        request
    };
    for (request, code, expected) in [
        (
            with(|artifact| artifact.partitions.clear()),
            Code::InvalidArgument,
            "the keys of the dataset are [day]",
        ),
        (with(|artifact| artifact.partitions[0].key = "hour".into()), Code::InvalidArgument, "value:[hour]"),
        (with(|artifact| artifact.data.clear()), Code::InvalidArgument, "missing data"),
        (with(|artifact| artifact.data[0].value = None), Code::InvalidArgument, "missing data.value"),
        (with(|artifact| artifact.id = "../up".into()), Code::InvalidArgument, "artifact.id"),
        (with(|artifact| artifact.dataset = Some(dataset_id("other"))), Code::NotFound, "other"),
        (CreateArtifactRequest::default(), Code::InvalidArgument, "missing artifact"),
    ] {
        let refused = server.catalog.create_artifact(request).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(expected), "{expected}: {refused}");
    }
    server.catalog.create_artifact(with(|_| {})).await.unwrap();
    let nameless = GetArtifactRequest { dataset: Some(dataset_id("d")), query_handle: None };
    assert_eq!(get(&mut server, nameless).await, Err(Code::InvalidArgument));
}

fn only(property_filter: PropertyFilter) -> SinglePropertyFilter {
    SinglePropertyFilter { property_filter: Some(property_filter), ..Default::default() }
}

#[tokio::test]
async fn artifacts_are_filtered_and_paged() {
    let mut server = with_dataset("d", &["day", "hour"]).await;
    for (id, day, hour) in [("a", "1", "1"), ("b", "1", "2"), ("c", "2", "1")] {
        let mut request = artifact("d", id, 1);
        request.artifact.as_mut().unwrap().partitions = [("day", day), ("hour", hour)]
            .map(|(key, value)| Partition { key: key.into(), value: value.into() })
            .to_vec();
        server.catalog.create_artifact(request).await.unwrap();
    }
    server.catalog.add_tag(tag("d", "b", "best")).await.unwrap();
    let partition = |key: &str, value: &str| {
        let pair = KeyValuePair { key: key.into(), value: value.into() };
        let property = Some(partition_property_filter::Property::KeyVal(pair));
        only(PropertyFilter::PartitionFilter(PartitionPropertyFilter { property }))
    };
    let best = tag_property_filter::Property::TagName("best".into());
    let best = only(PropertyFilter::TagFilter(TagPropertyFilter { property: Some(best) }));
    for (filters, expected) in [
        (vec![], "abc"),
        (vec![partition("day", "1")], "ab"),
        (vec![partition("day", "1"), partition("hour", "1")], "a"),
        (vec![partition("day", "1"), best.clone()], "b"),
        (vec![partition("day", "2"), best], ""),
    ] {
        for (limit, order) in
            [(1, SortOrder::Ascending), (2, SortOrder::Descending), (0, SortOrder::Ascending)]
        {
            let mut pagination = PaginationOptions { limit, sort_order: order as i32, ..Default::default() };
            let mut seen = Vec::new();
            loop {
                let request = ListArtifactsRequest {
                    dataset: Some(dataset_id("d")),
                    filter: Some(FilterExpression { filters: filters.clone() }),
                    pagination: Some(pagination.clone()),
                };
                let page = server.catalog.list_artifacts(request).await.unwrap().into_inner();
                seen.extend(page.artifacts.into_iter().map(|artifact| artifact.id));
                if page.next_token.is_empty() {
                    break;
                }
                pagination.token = page.next_token;
            }
            if order == SortOrder::Descending {
                seen.reverse();
            }
            assert_eq!(seen.join(""), expected, "{filters:?}");
        }
    }
}

#[tokio::test]
async fn datasets_are_filtered_by_their_names() {
    let mut server = with_dataset("one", &[]).await;
    add_dataset(&mut server, "two", &[]).await.unwrap();
    let by =
        |property| only(PropertyFilter::DatasetFilter(DatasetPropertyFilter { property: Some(property) }));
    for (filters, expected) in [
        (vec![], "two one"),
        (vec![by(Property::Name("one".into()))], "one"),
        (vec![by(Property::Project(PROJECT.into())), by(Property::Domain(DOMAIN.into()))], "two one"),
        (vec![by(Property::Version("none".into()))], ""),
    ] {
        let filter = Some(FilterExpression { filters });
        let request = ListDatasetsRequest { filter, pagination: None };
        let found = server.catalog.list_datasets(request).await.unwrap().into_inner().datasets;
        let names: Vec<_> = found.into_iter().map(|dataset| dataset.id.unwrap().name).collect();
        assert_eq!(names.join(" "), expected);
    }
}

fn reserve(owner: &str, nanos: i32) -> GetOrExtendReservationRequest {
    let id = ReservationId { dataset_id: Some(dataset_id("d")), tag_name: "t".into() };
    GetOrExtendReservationRequest {
        reservation_id: Some(id),
        owner_id: owner.into(),
        heartbeat_interval: Some(Duration { seconds: i64::from(nanos == 0) * 60, nanos }),
    }
}

async fn holder(server: &TestServer, request: GetOrExtendReservationRequest) -> Reservation {
    let answer = server.catalog.clone().get_or_extend_reservation(request).await.unwrap();
    answer.into_inner().reservation.unwrap()
}

#[tokio::test]
async fn one_owner_computes_at_a_time() {
    let mut server = TestServer::start().await;
    let at_once = (0..10).map(|i| holder(&server, reserve(&format!("o{i}"), 0))).collect::<Vec<_>>();
    let holders = futures::future::join_all(at_once).await;
    let first = holders[0].owner_id.clone();
    assert!(holders.iter().all(|holder| holder.owner_id == first));
    // Heartbeats come every ten seconds at least, and three may be missed.
    assert_eq!(holders[0].heartbeat_interval, Some(Duration { seconds: 10, nanos: 0 }));
    let extended = holder(&server, reserve(&first, 0)).await;
    let instant = |holder: &Reservation| holder.expires_at.map(|at| (at.seconds, at.nanos));
    assert!(instant(&extended) > instant(&holders[0]));

    let release = |owner: &str| ReleaseReservationRequest {
        reservation_id: reserve(owner, 0).reservation_id,
        owner_id: owner.into(),
    };
    server.catalog.release_reservation(release("somebody")).await.unwrap();
    assert_eq!(holder(&server, reserve("other", 0)).await.owner_id, first);
    server.catalog.release_reservation(release(&first)).await.unwrap();
    assert_eq!(holder(&server, reserve("other", 1)).await.owner_id, "other");
    // Three billionths of a second later it has expired.
    assert_eq!(holder(&server, reserve("next", 0)).await.owner_id, "next");

    let refused = server.catalog.get_or_extend_reservation(reserve("", 0)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}
