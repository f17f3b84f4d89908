//! The words in which a service table says how its operations travel.

/// A wire protocol of a service, with what is particular to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson: `X-Amz-Target: <target>.<Operation>`, JSON both ways.
    Json {
        /// `1.0` or `1.1`, as it stands in the content type `application/x-amz-json-<version>`.
        version: &'static str,
        /// The part of `X-Amz-Target` before the dot.
        target: &'static str,
    },
    /// awsJson 1.1 in CBOR: `Content-Type: application/x-amz-cbor-1.1`, all else as awsJson. A service speaks it beside
    /// awsJson.
    Cbor {
        /// The part of `X-Amz-Target` before the dot.
        target: &'static str,
    },
    /// Smithy's rpc-v2-cbor: `POST /service/<service>/operation/<Operation>`, CBOR both ways.
    RpcCbor {
        /// The service's name in the path: that of its Smithy shape.
        service: &'static str,
    },
    /// query: `Action=<Operation>&Version=<version>` as a form, XML back.
    Query {
        /// The service's API version, a date.
        version: &'static str,
        /// The XML namespace of answers.
        namespace: &'static str,
    },
    /// restJson1.
    RestJson,
    /// restXml.
    RestXml {
        /// The XML namespace of answers, where the service has one.
        namespace: Option<&'static str>,
        /// S3 answers `<Error>`; the others wrap it in `<ErrorResponse>`.
        wrapped_errors: bool,
    },
}

impl Protocol {
    /// awsJson 1.0 under this target prefix.
    pub const fn json_1_0(target: &'static str) -> Self {
        Self::Json { version: "1.0", target }
    }

    /// awsJson 1.1 under this target prefix.
    pub const fn json_1_1(target: &'static str) -> Self {
        Self::Json { version: "1.1", target }
    }

    /// awsJson 1.1 in CBOR under this target prefix.
    pub const fn cbor(target: &'static str) -> Self {
        Self::Cbor { target }
    }

    /// The query protocol.
    pub const fn query(version: &'static str, namespace: &'static str) -> Self {
        Self::Query { version, namespace }
    }

    /// Whether requests name an operation and carry a document, in JSON or in CBOR: such protocols have the same
    /// errors.
    pub const fn is_rpc(&self) -> bool {
        matches!(self, Self::Json { .. } | Self::Cbor { .. } | Self::RpcCbor { .. })
    }
}

/// Where a REST operation lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http {
    /// `GET`, `PUT`, ...
    pub method: &'static str,
    /// The URI template: `/{Bucket}/{Key+}?uploads`, labels named after the input's members.
    pub uri: &'static str,
    /// The status of a success when no member is bound to it.
    pub status: u16,
}

impl Http {
    /// A binding.
    pub const fn new(method: &'static str, uri: &'static str, status: u16) -> Self {
        Self { method, uri, status }
    }

    /// `GET uri`, answered with 200.
    pub const fn get(uri: &'static str) -> Self {
        Self::new("GET", uri, 200)
    }
}

/// One operation for the router and the codecs.
#[derive(Clone, Copy, Debug)]
pub struct OperationRoute {
    /// The operation's name.
    pub name: &'static str,
    /// Its REST place, for services that have a REST protocol.
    pub http: Option<Http>,
    /// Its input, so that the router knows which bodies stay streams.
    pub input: fn() -> shape::Schema,
}

/// One service for the router.
#[derive(Clone, Debug)]
pub struct ServiceRoutes {
    /// The service's name in our tables (`sqs`), also its endpoint host prefix.
    pub name: &'static str,
    /// The service part of the credential scope (`sqs`; API Gateway v1 and v2 share `apigateway`).
    pub signing_name: &'static str,
    /// The protocols it speaks, preferred one first.
    pub protocols: &'static [Protocol],
    /// Its operations in table order.
    pub operations: Vec<OperationRoute>,
}
