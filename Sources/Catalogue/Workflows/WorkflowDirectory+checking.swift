import Connectors
package import JSON
package import Primitives
import Workflow

extension WorkflowDirectory {
    /// What is wrong with a workflow before its plant or its connections are there.
    ///
    /// - Parameters:
    ///   - connectors: by capability, the description of the connector that it is to be bound to.
    ///   - processes: what the plant allows.
    package static func objections(
        to package: TemplatePackage, name: String, parameters: JSONValue, connectors: [String: JSONValue],
        processes: ProcessPolicy
    ) -> [Problem.Item] {
        var findings = Findings()
        findings.checkName(name, at: "/name")
        do {
            findings.add(
                contentsOf: try ParameterValues.check(parameters, against: package.metadata.parameters).findings)
        } catch {
            findings.add("/template", "Its parameters cannot be checked: \(error)")
        }
        guard let definition = DefinitionDecoder.decode(package.document).definition else {
            findings.add("/template", "Its definition has mistakes.")
            return findings.items
        }
        var bindings: [String: ConnectionID] = [:]
        var described: [ConnectionID: ConnectorDescription] = [:]
        for (capability, connector) in connectors {
            let id = ConnectionID()
            bindings[capability] = id
            described[id] = ConnectorDecoder.decode(connector).description
        }
        WorkflowPlan.checkBindings(bindings, of: definition, described, &findings)
        findings.add(contentsOf: ProcessUse(definition).objections(to: processes))
        return findings.items
    }
}

extension ConnectionDirectory {
    /// Everything about a draft that can be said without the database.
    package static func objections(to draft: ConnectionDraft) -> [Problem.Item] {
        do throws(Problem) {
            _ = try check(draft)
            return []
        } catch {
            return error.items
        }
    }
}
