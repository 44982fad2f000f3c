import ArgumentParser
import Catalogue
import Logging
import Primitives
import YAML

/// Templates on a laptop: no server and no database.
struct TemplateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "template", abstract: "Check and test workflow templates, or publish them.",
        subcommands: [Lint.self, Test.self, Publish.self])

    struct Lint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Name every mistake of templates, with file, line and column.")
        @Argument(help: "Template folders. Default: all of Templates/.") var folders: [String] = []

        func run() async throws {
            var hasErrors = false
            for folder in try TemplateFolders.given(folders) {
                let (package, problems) = TemplatePackage.read(folder: folder)
                let all = problems + (package.map { TemplateLint.check($0).problems } ?? [])
                for problem in all { Terminal.writeLine("\(problem)") }
                hasErrors = hasErrors || package == nil || all.contains { $0.severity == .error }
                if all.isEmpty { Terminal.writeLine("\(folder): clean") }
            }
            if hasErrors { throw ExitCode(1) }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run templates' own test cases in virtual time.")
        @Argument(help: "Template folders. Default: all of Templates/.") var folders: [String] = []

        func run() async throws {
            var passed = 0
            var failed = 0
            for folder in try TemplateFolders.given(folders) {
                let (package, problems) = TemplatePackage.read(folder: folder)
                guard let package else {
                    for problem in problems { Terminal.writeLine("\(problem)") }
                    failed += 1
                    continue
                }
                guard let definition = TemplateLint.check(package).definition else {
                    Terminal.writeLine("FAILED  \(package.slug): the definition has mistakes; see 'template lint'")
                    failed += 1
                    continue
                }
                for outcome in TemplateTest.run(package, definition) {
                    Terminal.writeLine("\(outcome.passed ? "passed" : "FAILED")  \(package.slug): \(outcome.name)")
                    for problem in outcome.problems { Terminal.writeLine("        \(problem)") }
                    if outcome.passed { passed += 1 } else { failed += 1 }
                }
            }
            Terminal.writeLine("\(passed) passed, \(failed) failed")
            if failed > 0 { throw ExitCode(1) }
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer the templates of Templates/ to all partners of the platform.")
        @OptionGroup var options: SettingsOptions

        func run() async throws {
            let settings = try await options.settings()
            JSONLinesLogHandler.bootstrap(level: settings.logLevel)
            try await OperatorSession.run(settings) { try await CataloguePublication.publish($0) }
            Terminal.writeLine("The templates are published.")
        }
    }
}

enum TemplateFolders {
    static func given(_ folders: [String]) throws -> [String] {
        if !folders.isEmpty { return folders }
        let root = Settings.defaultHome + "/Templates"
        return try DirectoryListing.names(in: root).map { root + "/" + $0 }.filter { TenantFiles.isFolder($0) }
    }
}
