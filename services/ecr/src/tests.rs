//! The registry has nothing in it, and says so as AWS does.

use serde_json::json;
use testkit::World;

#[tokio::test]
async fn no_repository_is_there() {
    let world = World::new(&[&crate::ECR]).await;
    let all = world.ok("ecr", "DescribeRepositories", json!({})).await;
    assert_eq!(all, json!({ "repositories": [] }));
    let named = json!({ "repositoryNames": ["serverless-hello-dev"], "registryId": "000000000000" });
    let failure = world.fails("ecr", "DescribeRepositories", named).await;
    assert_eq!(failure.code(), "RepositoryNotFoundException");
    assert_eq!(
        failure.message(),
        "The repository with name 'serverless-hello-dev' does not exist in the registry with id '000000000000'"
    );
}
