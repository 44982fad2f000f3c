import JSON
package import YAML

extension TemplateMetadata {
    /// Reads `template.yaml`; every problem is added to `problems`, and `nil` means that there was one.
    package init?(_ file: YAMLFile, problems: FileProblems) {
        let before = problems.all.count
        guard var fields = FieldReader(file, problems: problems) else { return nil }
        let name = fields.string("name", isRequired: true)
        let summary = fields.string("summary", isRequired: true)
        let version = Self.version(&fields)
        description = fields.string("description")
        capabilities = fields.strings("capabilities") ?? []
        roles = fields.strings("roles") ?? []
        eventTypes = Self.eventTypes("eventTypes", &fields, requiresSchema: true)
        emits = Self.eventTypes("emits", &fields, requiresSchema: false)
        let parameters = fields.value("parameters", isRequired: true)
        serviceLevels = Self.serviceLevels(&fields)
        fields.finish()
        if let parameters, parameters["type"] != "object" {
            fields.complain(about: "parameters", "“parameters” must be a JSON Schema with “type: object”")
        }
        guard problems.all.count == before, let name, let summary, let version, let parameters else { return nil }
        self.name = name
        self.summary = summary
        self.version = version
        self.parameters = parameters
    }

    private static func version(_ fields: inout FieldReader) -> VersionNumber? {
        guard let text = fields.string("version", isRequired: true) else { return nil }
        if let version = VersionNumber(text) { return version }
        fields.complain(about: "version", "“version” must be three numbers with dots, like 1.0.0")
        return nil
    }

    private static func eventTypes(
        _ field: String, _ fields: inout FieldReader, requiresSchema: Bool
    ) -> [EventTypeDeclaration] {
        guard var types = fields.object(field) else { return [] }
        return types.members().compactMap { member in
            guard
                var type = FieldReader(
                    types.file, at: member.pointer, value: member.value, problems: types.problems)
            else { return nil }
            let declaration = EventTypeDeclaration(
                type: member.name, summary: type.string("summary"),
                schema: type.value("schema", isRequired: requiresSchema))
            type.finish()
            return declaration
        }
    }

    private static func serviceLevels(_ fields: inout FieldReader) -> [ServiceLevel] {
        guard var levels = fields.object("sla") else { return [] }
        return levels.members().compactMap { member in
            guard
                var level = FieldReader(
                    levels.file, at: member.pointer, value: member.value, problems: levels.problems)
            else { return nil }
            let summary = level.string("summary", isRequired: true)
            let parameter = level.string("parameter", isRequired: true)
            let unit = level.word("unit", as: ServiceLevel.Unit.self, isRequired: true)
            level.finish()
            guard let summary, let parameter, let unit else { return nil }
            return ServiceLevel(name: member.name, summary: summary, parameter: parameter, unit: unit)
        }
    }
}
