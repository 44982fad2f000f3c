import Foundation
import Testing

@Suite("The tree is tidy")
struct TidyTests {
    /// What each part may import of the project. A part that is not named here does not exist.
    static let mayImport: [String: Set<String>] = [
        "Primitives": [],
        "JSON": ["COniguruma"],
        "JQ": ["JSON", "COniguruma"],
        "YAML": ["JSON", "CLibYAML"],
        "XML": ["JSON", "CXML2"],
        "Redis": ["CHiredis", "Primitives"],
        "Database": ["CPostgres", "Primitives", "JSON"],
        "Workflow": ["Primitives", "JSON", "JQ"],
        "RunnerProtocol": ["Primitives", "JSON", "Workflow"],
        "Vault": ["Primitives", "JSON", "Database", "Tenancy", "RunnerProtocol"],
        "Tenancy": ["Primitives", "JSON", "Database"],
        "Connectors": ["Primitives", "JSON", "JQ", "YAML"],
        "Catalogue": ["Primitives", "JSON", "YAML", "JQ", "Workflow", "Database", "Tenancy", "Connectors"],
        "Execution": ["Primitives", "JSON", "JQ", "Workflow", "Database", "Tenancy", "RunnerProtocol"],
        "Provisioning": ["Primitives", "JSON", "CSpawn"],
        "Billing": ["Primitives", "JSON", "Database", "Tenancy"],
        "Insight": ["Primitives", "JSON", "Database"],
        "RunnerCore": ["Primitives", "JSON", "JQ", "Workflow", "RunnerProtocol", "Connectors"],
        "Web": [
            "Primitives", "JSON", "Workflow", "Database", "Vault", "Tenancy", "Catalogue", "Execution", "Connectors",
            "Provisioning", "Billing", "Insight", "RunnerProtocol", "Redis",
        ],
        "millwright": [
            "Primitives", "JSON", "JQ", "YAML", "XML", "Redis", "Workflow", "Database", "Vault", "Tenancy", "Catalogue",
            "Execution", "Connectors", "Provisioning", "Billing", "Insight", "RunnerProtocol", "Web", "CLibJQ",
            // The simulation: a runner's machine in the process that judges it, and the hook that runs every task there.
            "RunnerCore", "CConcurrencyHook",
        ],
        "millwright-runner": ["RunnerCore", "Primitives"],
    ]

    /// The hot path and everything a runner links: Foundation costs memory and time there.
    static let withoutFoundation: Set<String> = [
        "Primitives", "JSON", "JQ", "YAML", "Workflow", "RunnerProtocol", "Connectors", "RunnerCore",
        "millwright-runner",
    ]

    /// Swift's HPKE takes and gives Foundation's `Data`; there is no other way to call it.
    static let mayUseFoundation: Set<String> = ["Sources/RunnerProtocol/CredentialOpener.swift"]

    /// Files that are longer than the bound, with the length that they must not outgrow.
    static let longFiles: [String: Int] = ["Tests/BillingTests/InvoiceTests.swift": 406]
    static let longestFile = 400

    @Test("every part imports only what stands below it")
    func imports() {
        let ours = Set(Self.mayImport.keys).union([
            "CPostgres", "CHiredis", "CXML2", "COniguruma", "CLibYAML", "CLibJQ",
            "CConcurrencyHook", "CSpawn",
        ])
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/") {
            let part = String(file.folders[1])
            guard let allowed = Self.mayImport[part] else {
                Issue.record("\(file.path): the part \(part) has no row in the table of imports")
                continue
            }
            for module in Self.importedModules(file) where ours.contains(module) {
                #expect(allowed.contains(module), "\(file.path) imports \(module)")
            }
        }
    }

    @Test("what a runner links does not import Foundation")
    func foundation() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/") {
            guard Self.withoutFoundation.contains(String(file.folders[1])), !Self.mayUseFoundation.contains(file.path)
            else {
                continue
            }
            let modules = Self.importedModules(file)
            #expect(!modules.contains("Foundation"), "\(file.path)")
            #expect(!modules.contains("FoundationEssentials"), "\(file.path)")
        }
    }

    @Test("the web asks its ports and runs no statement of its own but its own two tables'")
    func webHasNoStatements() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/Web/") {
            guard Self.importedModules(file).contains("Database") else { continue }
            let isOwnTable = file.path.contains("/Idempotency/") || file.path.contains("/Session/")
            let mapsErrors = file.path.hasSuffix("ErrorMapping.swift")
            #expect(isOwnTable || mapsErrors, "\(file.path) imports Database")
        }
    }

    @Test("what may be lost at any time is asked in one place")
    func hintsStayHints() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/Web/") {
            guard Self.importedModules(file).contains("Redis") else { continue }
            #expect(file.path.contains("/RateLimit/"), "\(file.path) imports Redis")
        }
    }

    @Test("files stay short")
    func lengths() {
        for file in SourceTree.swiftFiles {
            let bound = Self.longFiles[file.path] ?? Self.longestFile
            #expect(file.lines.count <= bound, "\(file.path) has \(file.lines.count) lines")
        }
        for path in Self.longFiles.keys {
            #expect(SourceTree.swiftFiles.contains { $0.path == path }, "\(path) is gone: take it off the list")
        }
    }

    @Test("names say what a thing is", arguments: ["Manager", "Helper", "Util", "Common"])
    func names(word: String) throws {
        let declaration = try Regex("(class|struct|enum|actor|protocol|typealias) [A-Za-z]*\(word)s?\\b")
        for file in SourceTree.swiftFiles where !file.path.hasPrefix("Tests/TidyTests") {
            for (number, line) in file.lines.enumerated() {
                #expect(line.firstMatch(of: declaration) == nil, "\(file.path):\(number + 1): choose another name")
            }
        }
    }

    @Test("nothing is left for later")
    func noMarkers() {
        let markers = ["TO" + "DO", "FIX" + "ME", "X" + "XX:", "fatal" + "Error(\"not implemented"]
        for file in SourceTree.swiftFiles + SourceTree.migrations + SourceTree.documents {
            for (number, line) in file.lines.enumerated() {
                for marker in markers {
                    #expect(!line.contains(marker), "\(file.path):\(number + 1) has \(marker)")
                }
            }
        }
    }

    @Test("product code crashes only on its own bugs")
    func noForcedTry() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/") {
            for (number, line) in file.lines.enumerated() {
                #expect(!line.contains("try!"), "\(file.path):\(number + 1)")
            }
        }
    }

    @Test("an unchecked Sendable and a bare task say why they are safe")
    func unsafeConcurrencyIsExplained() {
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Sources/") {
            let lines = file.lines
            for (number, line) in lines.enumerated() {
                let isBareTask = line.contains("= Task {") && !line.contains("//")
                guard line.contains("@unchecked Sendable") || isBareTask else { continue }
                let near = lines[max(0, number - 6)...number]
                #expect(near.contains { $0.contains("//") }, "\(file.path):\(number + 1) needs a comment")
            }
        }
    }

    @Test("migrations are numbered and named, and each says its purpose and its locks")
    func migrations() throws {
        let name = try Regex("^Migrations/[0-9]{4}_[a-z]+_[a-z0-9_]+\\.sql$")
        var numbers: Set<Substring> = []
        for file in SourceTree.migrations {
            #expect(file.path.firstMatch(of: name) != nil, "\(file.path)")
            #expect(numbers.insert(file.path.dropFirst("Migrations/".count).prefix(4)).inserted, "\(file.path)")
            #expect(file.text.contains("-- Purpose:"), "\(file.path)")
            #expect(file.text.contains("-- Locks:"), "\(file.path)")
        }
        #expect(!SourceTree.migrations.isEmpty)
    }

    @Test("every part has a README that says what it owns")
    func readmes() {
        for part in Self.mayImport.keys {
            let readme = SourceTree.file("Sources/\(part)/README.md")
            #expect(readme.text.lowercased().contains("own"), "Sources/\(part)/README.md")
        }
    }

    private static func importedModules(_ file: SourceTree.File) -> Set<String> {
        var modules: Set<String> = []
        for line in file.lines {
            let words = line.split(separator: " ")
            guard let at = words.firstIndex(of: "import"), words.count > at + 1, words[..<at].allSatisfy(isModifier)
            else { continue }
            modules.insert(String(words[at + 1].split(separator: ".")[0]))
        }
        return modules
    }

    private static func isModifier(_ word: Substring) -> Bool {
        ["package", "public", "internal", "private", "fileprivate", "@testable", "@preconcurrency"].contains(word)
    }
}
