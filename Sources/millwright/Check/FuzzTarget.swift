import ArgumentParser
import JSON

/// What can be given hostile input, and where good input of its kind is.
enum FuzzTarget: String, CaseIterable, Sendable, ExpressibleByArgument {
    case json, schema, jq, yaml, workflow

    func mutator(home: String) throws -> FuzzMutator {
        FuzzMutator(seeds: try seeds(home: home), tokens: tokens)
    }

    private func seeds(home: String) throws -> [[UInt8]] {
        switch self {
        case .json: try FuzzSeeds.documents(home: home)
        case .schema: FuzzSeeds.schemas.map { Array($0.utf8) }
        case .jq:
            try HostilePrograms(home: home).programs.map { Array($0.source.utf8) }
                + JQBenchCase.all.map { Array($0.program.utf8) }
        case .yaml: try FuzzSeeds.files(below: home + "/Templates") + FuzzSeeds.yaml.map { Array($0.utf8) }
        case .workflow: try FuzzSeeds.files(below: home + "/Templates", named: "workflow.yaml")
        }
    }

    private var tokens: [String] {
        switch self {
        case .json: []
        case .schema: FuzzSeeds.schemaWords.map { "\"\($0)\":" } + FuzzSeeds.patterns
        case .jq: FuzzSeeds.jqWords
        case .yaml: FuzzSeeds.yamlWords
        case .workflow: FuzzSeeds.yamlWords + FuzzSeeds.workflowWords
        }
    }

    /// How long one input may take before it counts as endless.
    var patienceSeconds: Double { 60 }
}
