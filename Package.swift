// swift-tools-version: 6.2
// The house: small, stable targets at the bottom, one executable for the control plane and one for a plant's runner.
// Docs/ARCHITECTURE.md says what each target owns and why each dependency is here.

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
    .treatWarning("StrictLanguageFeatures", as: .error),
]

extension Target.Dependency {
    static let argumentParser: Self = .product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient: Self = .product(name: "AsyncHTTPClient", package: "async-http-client")
    static let collections: Self = .product(name: "Collections", package: "swift-collections")
    static let configuration: Self = .product(name: "Configuration", package: "swift-configuration")
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTesting: Self = .product(name: "HummingbirdTesting", package: "hummingbird")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let coreMetrics: Self = .product(name: "CoreMetrics", package: "swift-metrics")
    static let metrics: Self = .product(name: "Metrics", package: "swift-metrics")
    static let mustache: Self = .product(name: "Mustache", package: "swift-mustache")
    static let nioCore: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioExtras: Self = .product(name: "NIOExtras", package: "swift-nio-extras")
    static let nioHTTP1: Self = .product(name: "NIOHTTP1", package: "swift-nio")
    static let nioHTTPTypes: Self = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let serviceLifecycle: Self = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals: Self = .product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let subprocess: Self = .product(name: "Subprocess", package: "swift-subprocess")
    static let systemPackage: Self = .product(name: "SystemPackage", package: "swift-system")
}

func part(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, exclude: readme(name), swiftSettings: strict)
}

func suite(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// Each part has a README that says what it owns; SwiftPM must not treat it as a resource.
func readme(_ name: String) -> [String] {
    name == "Workflow" ? ["README.md", "Engine/README.md"] : ["README.md"]
}

let package = Package(
    name: "millwright",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "millwright", targets: ["millwright"]),
        .executable(name: "millwright-runner", targets: ["millwright-runner"]),
        .library(name: "JSON", targets: ["JSON"]),
        .library(name: "JQ", targets: ["JQ"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: ["JSON", "YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CHiredis", pkgConfig: "hiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .systemLibrary(name: "COniguruma", pkgConfig: "oniguruma", providers: [.apt(["libonig-dev"])]),
        .systemLibrary(name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CLibJQ"),
        .systemLibrary(name: "CConcurrencyHook"),
        .systemLibrary(name: "CSpawn"),

        part("Primitives", []),
        part("JSON", ["COniguruma"]),
        part("JQ", ["JSON", "COniguruma"]),
        part("YAML", ["JSON", "CLibYAML"]),
        part("XML", ["JSON", "CXML2"]),
        part("Redis", ["CHiredis", "Primitives"]),
        part("Database", ["CPostgres", "Primitives", "JSON", .collections, .logging, .metrics, .serviceLifecycle]),

        part("Workflow", ["Primitives", "JSON", "JQ"]),
        part("RunnerProtocol", ["Primitives", "JSON", "Workflow", .crypto]),
        part("Vault", ["Primitives", "JSON", "Database", "RunnerProtocol", .crypto]),

        part("Tenancy", ["Primitives", "JSON", "Database", .crypto, .logging]),
        part(
            "Connectors",
            [
                "Primitives", "JSON", "JQ", "YAML", .crypto, .logging, .nioCore, .nioPosix, .nioHTTP1, .nioSSL,
                .nioExtras,
            ]),
        part(
            "Catalogue",
            ["Primitives", "JSON", "YAML", "JQ", "Workflow", "Database", "Tenancy", "Connectors", .crypto, .logging]),
        part(
            "Execution",
            [
                "Primitives", "JSON", "Workflow", "Database", "Tenancy", "RunnerProtocol", .collections, .crypto,
                .logging, .serviceLifecycle,
            ]),
        part(
            "Provisioning",
            [
                "CSpawn", "Primitives", "JSON", "Connectors", .logging, .nioCore, .nioPosix, .nioHTTP1,
                .serviceLifecycle, .subprocess, .systemPackage,
            ]),
        part("Billing", ["Primitives", "JSON", "Database", "Tenancy", .mustache]),
        part("Insight", ["Primitives", "JSON", "Database", .coreMetrics]),
        part(
            "Web",
            [
                "Primitives", "JSON", "Workflow", "Vault", "Tenancy", "Catalogue", "Execution", "Connectors",
                "Provisioning", "Billing", "Insight", "RunnerProtocol", "Redis", .crypto, .httpTypes, .hummingbird,
                .hummingbirdCore, .logging, .metrics, .mustache, .nioCore, .nioHTTPTypes, .serviceLifecycle,
            ]),
        part(
            "RunnerCore",
            [
                "Primitives", "JSON", "Workflow", "RunnerProtocol", "Connectors", .collections, .crypto, .logging,
                .nioCore, .nioPosix, .nioHTTP1, .serviceLifecycle,
            ]),

        .executableTarget(
            name: "millwright",
            dependencies: [
                "Primitives", "JSON", "JQ", "YAML", "XML", "Redis", "Workflow", "Database", "Vault", "Tenancy",
                "Catalogue", "Execution", "Connectors", "Provisioning", "Billing", "Insight", "RunnerProtocol", "Web",
                "RunnerCore", "CLibJQ", "CConcurrencyHook", .argumentParser, .asyncHTTPClient, .collections,
                .configuration, .crypto, .hummingbird,
                .logging,
                .metrics, .nioCore, .nioPosix, .nioHTTP1, .serviceLifecycle, .subprocess, .systemPackage, .unixSignals,
            ],
            exclude: ["README.md"],
            swiftSettings: strict),
        .executableTarget(
            name: "millwright-runner",
            dependencies: ["RunnerCore", "Primitives", .logging, .serviceLifecycle, .unixSignals],
            exclude: ["README.md"],
            swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: ["Primitives", "JSON", "Database", "Tenancy", .logging],
            path: "Tests/Support",
            swiftSettings: strict),
        suite("TidyTests", []),
        suite("JSONTests", ["JSON"]),
        suite("JQTests", ["JSON", "JQ"]),
        suite("WorkflowTests", ["Primitives", "JSON", "JQ", "YAML", "Workflow"]),
        suite("DatabaseTests", ["TestSupport", "Primitives", "JSON", "Database"]),
        suite(
            "TenancyTests",
            ["TestSupport", "Primitives", "JSON", "Database", "Tenancy", "Vault", "RunnerProtocol", .crypto]),
        suite(
            "CatalogueTests",
            ["TestSupport", "Primitives", "JSON", "YAML", "Workflow", "Database", "Tenancy", "Catalogue", "Connectors"]),
        suite(
            "ConnectorsTests",
            [
                "TestSupport", "Primitives", "JSON", "Connectors", "XML", .crypto, .logging, .nioCore, .nioPosix,
                .nioHTTP1,
            ]),
        suite(
            "ExecutionTests",
            [
                "TestSupport", "Primitives", "JSON", "Workflow", "Database", "Tenancy", "Execution", "RunnerProtocol",
                "RunnerCore", "Connectors", .crypto, .logging, .nioPosix,
            ]),
        suite(
            "ProvisioningTests",
            [
                "TestSupport", "Primitives", "JSON", "Workflow", "Database", "Tenancy", "Execution", "RunnerProtocol",
                "RunnerCore", "Connectors", "Provisioning", .logging, .nioCore, .nioPosix, .subprocess, .systemPackage,
            ]),
        suite("BillingTests", ["TestSupport", "Primitives", "JSON", "Database", "Tenancy", "Billing"]),
        suite(
            "WebTests",
            [
                "TestSupport", "Primitives", "JSON", "Database", "Vault", "Tenancy", "Catalogue", "Execution",
                "Connectors", "Billing", "Insight", "Redis", "RunnerProtocol", "Web", "Workflow", .coreMetrics, .crypto,
                .httpTypes, .hummingbird, .hummingbirdCore, .hummingbirdTesting, .logging, .nioCore, .nioHTTP1,
                .nioPosix, .subprocess, .systemPackage,
            ]),
        suite("EndToEndTests", ["JSON", "YAML", .subprocess, .systemPackage]),
    ],
    swiftLanguageModes: [.v6]
)
