import Catalogue
import JSON
import YAML

/// A small, clean template for tests to break.
enum SampleTemplate {
    static let metadata = """
        name: Sample
        version: 1.0.0
        summary: Opens a ticket for each report.
        capabilities: [work-orders]
        roles: [supervisor]
        eventTypes:
          com.example.reported:
            schema: { type: object, required: [text], properties: { text: { type: string } } }
        parameters:
          type: object
          additionalProperties: false
          required: [site]
          properties:
            site: { type: string, minLength: 1, title: Site }
            priority: { type: integer, minimum: 1, maximum: 5, default: 3, title: Priority }
            approver: { type: string, enum: [supervisor, quality], default: supervisor, title: Approver }
        """

    static let workflow = """
        document: { dsl: '1.0.3', namespace: test, name: sample, version: 1.0.0 }
        schedule:
          on:
            one:
              with: { type: com.example.reported }
          read: envelope
        do:
          - approve:
              call: human-task:1.0.0@default
              with:
                title: '${ "Approve at \\($context.parameters.site)?" }'
                role: ${ $context.parameters.approver }
                outcomes: [{ name: yes, label: Yes, requiresReason: false }]
                dueInSeconds: 60
                onDue: expire
          - open:
              call: work-orders.create:1.0.0@default
              with:
                title: ${ $workflow.input[0].data.text }
                priority: ${ $context.parameters.priority }
        """

    static let test = """
        name: opens a ticket
        given:
          parameters: { site: North }
          event: { type: com.example.reported, data: { text: Broken } }
        answers:
          - humanTask: supervisor
            decision: { outcome: 'yes', decidedBy: { name: Ada } }
          - call: work-orders.create
            result: { id: '1', number: '1', status: open }
        expect:
          status: completed
          output: { number: '1' }
          calls: [{ call: work-orders.create, with: { title: Broken, priority: 3 } }]
        """

    /// The template read from texts, as from a folder.
    static func read(
        metadata: String = metadata, workflow: String = workflow, test: String = test
    ) -> (package: TemplatePackage?, problems: [FileProblem]) {
        let folder = TemporaryFolder(name: "sample")
        folder.write("template.yaml", metadata)
        folder.write("workflow.yaml", workflow)
        folder.write("tests/opens.yaml", test)
        return TemplatePackage.read(folder: folder.path)
    }

    /// The problems that lint finds, as `template.yaml:3:1: error: …`, without the folder.
    static func lint(metadata: String = metadata, workflow: String = workflow) -> [String] {
        let (package, problems) = read(metadata: metadata, workflow: workflow)
        let found = package.map { TemplateLint.check($0).problems } ?? problems
        return found.map { problem in
            var problem = problem
            problem.file = String(problem.file.split(separator: "/").last ?? "")
            return problem.description
        }
    }
}
