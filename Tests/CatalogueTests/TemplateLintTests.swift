import Catalogue
import Connectors
import JSON
import Testing
import Workflow
import YAML

@Suite("Template lint")
struct TemplateLintTests {
    private func metadata(_ old: String, _ new: String) -> [String] {
        #expect(SampleTemplate.metadata.contains(old))
        return SampleTemplate.lint(metadata: SampleTemplate.metadata.replacing(old, with: new))
    }

    private func workflow(_ old: String, _ new: String) -> [String] {
        #expect(SampleTemplate.workflow.contains(old))
        return SampleTemplate.lint(workflow: SampleTemplate.workflow.replacing(old, with: new))
    }

    @Test("a clean template has no problems")
    func clean() { #expect(SampleTemplate.lint() == []) }

    @Test("a mistake in the definition is named with its line in workflow.yaml")
    func definition() {
        let found = workflow("call: work-orders.create:1.0.0@default", "cal: work-orders.create:1.0.0@default")
        #expect(found.count == 1)
        #expect(found[0].hasPrefix("workflow.yaml:16:5: error: The task does not say what to do."))
    }

    @Test("the document must have the template's name and version")
    func identity() {
        let found = workflow("name: sample, version: 1.0.0", "name: other, version: 1.0.1")
        #expect(found.contains { $0.contains("the document's name must be the template's: sample") })
        #expect(found.contains { $0.contains("the document's version must be the template's: 1.0.0") })
    }

    @Test("the parameter schema must be a schema, and its defaults must fit it")
    func parameterSchema() {
        #expect(
            metadata("default: 3", "default: 9").contains {
                $0.hasPrefix("template.yaml:15:") && $0.contains("the default does not fit")
            })
        #expect(
            metadata("type: integer", "type: whole").contains {
                $0.hasPrefix("template.yaml:15:") && $0.contains("the parameter schema is wrong")
            })
        #expect(
            metadata("additionalProperties: false", "title: x").contains { $0.contains("additionalProperties: false") })
    }

    @Test("a parameter that an expression reads must exist, and one that nobody reads is a warning")
    func parameterUse() {
        let found = workflow("$context.parameters.priority", "$context.parameters.prioritty")
        #expect(found.contains("workflow.yaml:20:9: error: there is no parameter “prioritty” in the parameter schema"))
        #expect(found.contains("template.yaml:15:5: warning: no expression of the workflow reads “priority”"))
    }

    @Test("parameters are found through a variable")
    func boundParameters() {
        let found = workflow(
            "${ $context.parameters.priority }", "${ $context.parameters as $p | $p.priority + $p.weight }")
        #expect(found.contains { $0.contains("there is no parameter “weight”") })
        #expect(!found.contains { $0.contains("“priority”") })
    }

    @Test("declared capabilities are those that the workflow calls")
    func capabilities() {
        #expect(
            metadata("capabilities: [work-orders]", "capabilities: []") == [
                "template.yaml:4:1: error: the workflow calls “work-orders”: add it to “capabilities”"
            ])
        #expect(
            metadata("[work-orders]", "[work-orders, lots, mailbox]") == [
                "template.yaml:4:1: error: there is no capability “mailbox”; known are work-orders, lots, messages",
                "template.yaml:4:1: error: the workflow never calls “lots”: remove it from “capabilities”",
                "template.yaml:4:1: error: the workflow never calls “mailbox”: remove it from “capabilities”",
            ])
    }

    @Test("an operation that does not exist, a missing argument and a literal that does not fit are errors")
    func calls() {
        #expect(!workflow("work-orders.create", "work-orders.destroy").isEmpty)
        #expect(!workflow("title: ${ $workflow.input[0].data.text }", "description: x").isEmpty)
        #expect(
            workflow("priority: ${ $context.parameters.priority }", "priority: 7").contains {
                $0.hasPrefix("workflow.yaml:20:9: error: work-orders.create does not take this")
            })
    }

    @Test("the role of a human task must exist, be able to decide, and be declared")
    func roles() {
        #expect(
            metadata("[supervisor, quality]", "[supervisor, auditor, boss]") == [
                "template.yaml:16:31: error: the role “auditor” cannot decide human tasks",
                "template.yaml:16:31: error: there is no role “boss”",
            ])
        #expect(
            metadata("roles: [supervisor]", "roles: [quality]") == [
                "template.yaml:5:1: error: a human task is for the role “supervisor”: add it to “roles”",
                "template.yaml:5:1: warning: no human task is for the role “quality” by default",
            ])
        #expect(
            workflow("role: ${ $context.parameters.approver }", "role: chief").contains(
                "workflow.yaml:12:9: error: there is no role “chief”"))
    }

    @Test("declared event types are those that the schedule listens to")
    func eventTypes() {
        let found = metadata("com.example.reported:", "com.example.other:")
        #expect(
            found.contains("template.yaml:7:3: error: nothing in “schedule.on” starts a run for “com.example.other”"))
        #expect(
            found.contains {
                $0.contains("declare the event type “com.example.reported” with its schema under “eventTypes”")
            })
    }

    @Test("emitted event types are declared, and declared ones are emitted")
    func emits() {
        let task = """

              - tell:
                  emit: { event: { with: { type: com.example.told } } }
            """
        #expect(SampleTemplate.lint(workflow: SampleTemplate.workflow + task).contains { $0.contains("under “emits”") })
        #expect(
            metadata("capabilities:", "emits: { com.example.never: { summary: x } }\ncapabilities:").contains(
                "template.yaml:4:10: error: no task emits “com.example.never”"))
    }

    @Test("a service level is a parameter with a number")
    func serviceLevels() {
        let found = metadata(
            "capabilities:",
            """
            sla:
              a: { summary: x, parameter: site, unit: hours }
              b: { summary: x, parameter: nothing, unit: hours }
            capabilities:
            """)
        #expect(
            found == [
                "template.yaml:5:20: error: “site” must be a number",
                "template.yaml:6:20: error: there is no parameter “nothing” with a type",
            ])
    }

    @Test("whoever sent any event of a set keeps away from four eyes, so that they go together")
    func fourEyesOfEventSet() {
        let task = SampleTemplate.workflow.replacing(
            "dueInSeconds: 60", with: "fourEyes: true\n        dueInSeconds: 60")
        let all = task.replacing(
            "    one:\n      with: { type: com.example.reported }",
            with: "    all:\n      - with: { type: com.example.reported }\n      - with: { type: com.example.reported }"
        )
        #expect(all != task)
        #expect(!SampleTemplate.lint(workflow: all).contains { $0.contains("fourEyes") })
    }

    @Test("every argument of a human task that is written out is checked, at its place")
    func humanTask() {
        let wrong = """
            priority: 101
                    due: tomorrow
                    reminders: [{ beforeDue: PT1H }, { sometimes: PT1H }]
                    quorum: { of: 3, among: 2 }
                    veto: [nothing]
                    escalation: [{ after: PT1H, candidates: { roles: [king] } }]
                    separateFrom: [nowhere]
            """
        let found = workflow("dueInSeconds: 60", wrong)
        for complaint in [
            "“priority” must be a whole number from 0 to 100", "“due” must be an ISO 8601 duration",
            "“reminders/1/sometimes” is not known here", "“quorum/among” must not be less than “of”",
            "“veto/0” is not one of the outcomes", "there is no role “king”",
            "no task of this workflow is named “nowhere”",
        ] { #expect(found.contains { $0.contains(complaint) }, "\(complaint) in \(found)") }
        #expect(
            !workflow("dueInSeconds: 60", "priority: ${ 1000 }\n        due: ${ .x }").contains { $0.contains("“") })
    }

    @Test("roles that an approval matrix gives exist, may decide, and are declared")
    func rolesOfATable() {
        func lint(_ roles: String, _ declared: String) -> [String] {
            let table = """

                    matrix:
                      format: decision-table
                      default: { rows: [ { then: { roles: [\(roles)] } } ], otherwise: { role: supervisor } }
                """
            let declaring = SampleTemplate.metadata.replacing("roles: [supervisor]", with: "roles: [\(declared)]")
            let computed = SampleTemplate.workflow.replacing(
                "role: ${ $context.parameters.approver }", with: "role: ${ .role }")
            return SampleTemplate.lint(metadata: declaring + table, workflow: computed)
        }
        #expect(lint("quality", "supervisor, quality").filter { $0.contains("error") || $0.contains("checked") } == [])
        #expect(lint("king", "supervisor").contains { $0.contains("there is no role “king”") })
        #expect(lint("auditor", "supervisor, auditor").contains { $0.contains("“auditor” cannot decide") })
        #expect(lint("quality", "supervisor").contains { $0.contains("for the role “quality”: add it") })
    }

    @Test("a form that is no schema is an error")
    func form() {
        #expect(
            workflow("dueInSeconds: 60", "form: { type: objekt }\n        dueInSeconds: 60").contains {
                $0.contains("is not a JSON Schema")
            })
    }

    @Test("a template may start runs on a clock; a schedule with a mistake is told with its place")
    func clock() {
        #expect(workflow("schedule:\n", "schedule:\n  every: { minutes: 5 }\n").isEmpty)
        #expect(
            workflow("schedule:\n", "schedule:\n  cron: 0 25 * * *\n").contains {
                $0.contains("The hour of a cron expression cannot be \"25\"")
            })
    }

    @Test("the functions that definitions may call are the operations of the capabilities, argument by argument")
    func tablesAgree() {
        let functions = FunctionTable.builtIn.functions.values.filter { $0.capability != nil }
        #expect(functions.map(\.name).sorted() == CapabilityTable.standard.all.map(\.function).sorted())
        for operation in CapabilityTable.standard.all {
            let arguments = FunctionTable.builtIn.functions[operation.function]?.arguments ?? []
            let properties = operation.arguments["properties"]?.objectValue?.keys ?? []
            let required = operation.arguments["required"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(arguments.map(\.name).sorted() == properties.sorted(), "\(operation.qualifiedName)")
            #expect(
                arguments.filter(\.isRequired).map(\.name).sorted() == required.sorted(), "\(operation.qualifiedName)")
        }
    }
}
