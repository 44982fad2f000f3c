package import Connectors
import JSON
import Tenancy
package import Workflow
package import YAML

/// Says everything that is wrong with a template before anybody publishes it. Nothing is stored and nothing is called.
package struct TemplateLint {
    package struct Report: Sendable {
        /// In the order of the files and of their lines.
        package var problems: [FileProblem]
        /// Set when the document decodes, even if something else is wrong.
        package var definition: Definition?

        package var isClean: Bool { !problems.contains { $0.severity == .error } }
    }

    let template: TemplatePackage
    let capabilities: CapabilityTable
    let problems = FileProblems()
    var metadata: TemplateMetadata { template.metadata }

    package static func check(
        _ template: TemplatePackage, functions: FunctionTable = .builtIn, capabilities: CapabilityTable = .standard
    ) -> Report {
        let lint = TemplateLint(template: template, capabilities: capabilities)
        let definition = lint.checkDefinition(functions)
        lint.checkParameters()
        lint.checkParameterUse()
        lint.checkServiceLevels()
        lint.checkEventTypes(definition)
        lint.checkCapabilities(definition)
        lint.checkCalls()
        lint.checkHumanTasks()
        lint.checkRoles()
        return Report(problems: lint.inOrder(), definition: definition)
    }

    private func checkDefinition(_ functions: FunctionTable) -> Definition? {
        let decoded = DefinitionDecoder.decode(
            template.document, locations: template.sourceLocations, functions: functions)
        for finding in decoded.diagnostics {
            let severity: FileProblem.Severity = finding.severity == .error ? .error : .warning
            complain(severity, at: finding.path.description, "\(finding.message) (\(finding.code.rawValue))")
        }
        guard let header = decoded.definition?.header else { return nil }
        if header.name != template.slug {
            complain(at: "/document/name", "the document's name must be the template's: \(template.slug)")
        }
        if header.version != metadata.version.description {
            complain(at: "/document/version", "the document's version must be the template's: \(metadata.version)")
        }
        return decoded.definition
    }

    private func checkCapabilities(_ definition: Definition?) {
        for name in metadata.capabilities where !capabilities.names.contains(name) {
            let known = capabilities.names.joined(separator: ", ")
            complainInMetadata(at: "/capabilities", "there is no capability “\(name)”; known are \(known)")
        }
        guard let definition else { return }
        for name in definition.requiredCapabilities where !metadata.capabilities.contains(name) {
            complainInMetadata(at: "/capabilities", "the workflow calls “\(name)”: add it to “capabilities”")
        }
        for name in metadata.capabilities where !definition.requiredCapabilities.contains(name) {
            complainInMetadata(at: "/capabilities", "the workflow never calls “\(name)”: remove it from “capabilities”")
        }
    }

    private func checkServiceLevels() {
        for level in metadata.serviceLevels {
            let type = metadata.parameters["properties"]?[level.parameter]?["type"]?.stringValue
            guard let type else {
                complainInMetadata(
                    at: "/sla/\(level.name)/parameter", "there is no parameter “\(level.parameter)” with a type")
                continue
            }
            if type != "integer", type != "number" {
                complainInMetadata(at: "/sla/\(level.name)/parameter", "“\(level.parameter)” must be a number")
            }
        }
    }

    /// In `workflow.yaml`.
    func complain(_ severity: FileProblem.Severity = .error, at pointer: String, _ message: String) {
        problems.add(template.workflowFile.problem(severity, at: pointer, message))
    }

    /// In `template.yaml`.
    func complainInMetadata(_ severity: FileProblem.Severity = .error, at pointer: String, _ message: String) {
        problems.add(template.metadataFile.problem(severity, at: pointer, message))
    }

    private func inOrder() -> [FileProblem] {
        let start = SourceLocation(line: 0, column: 0)
        return problems.all.enumerated().sorted { left, right in
            let (a, b) = (left.element, right.element)
            if a.file != b.file { return a.file < b.file }
            if a.location != b.location { return (a.location ?? start) < (b.location ?? start) }
            return left.offset < right.offset
        }.map(\.element)
    }
}

extension TemplatePackage {
    var sourceLocations: SourceLocations {
        SourceLocations(workflowFile.document.locations.mapValues { (line: $0.line, column: $0.column) })
    }
}
