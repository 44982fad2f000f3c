import JSON
import Primitives
import YAML

/// What the check runs: an event may ask a person, may wait for a timer, and then has a work order opened in another
/// system. Where nobody knows whether it was opened, a person is asked to look.
enum DrillWorkflow {
    /// The timer of a run that is to be open for a while.
    static let sleepSeconds = 90

    static func slug(_ kind: DrillSystems.Kind) -> String { "drill-\(kind.rawValue)" }
    static func eventType(_ kind: DrillSystems.Kind) -> String { "com.millwright.drill.\(kind.rawValue)" }

    /// A package as `POST …/templates` takes it.
    static func template(_ kind: DrillSystems.Kind) throws -> JSONValue {
        [
            "format": 1, "slug": .string(slug(kind)), "tests": [:],
            "template": [
                "name": .string("Drill (\(kind.rawValue))"), "version": "1.0.0", "summary": "What the check runs.",
                "parameters": ["type": "object", "additionalProperties": false], "capabilities": ["work-orders"],
                "roles": ["supervisor"],
                "eventTypes": [
                    .init(stringLiteral: eventType(kind)): [
                        "summary": "Something is to be done.",
                        "schema": [
                            "type": "object", "required": ["reference"],
                            "properties": [
                                "reference": ["type": "string"], "asks": ["type": "boolean"],
                                "waits": ["type": "boolean"], "sleeps": ["type": "boolean"],
                            ],
                        ],
                    ]
                ],
            ],
            "workflow": try YAMLDocument(parsing: definition(kind)).value,
        ]
    }

    private static func definition(_ kind: DrillSystems.Kind) -> String {
        #"""
        document: { dsl: '1.0.3', namespace: drill, name: \#(slug(kind)), version: 1.0.0 }
        schedule: { on: { one: { with: { type: \#(eventType(kind)) } } }, read: envelope }
        input:
          from: '${ if type == "array" then .[0] else . end }'
        do:
          - remember:
              set: { reference: '${ .data.reference }', asks: '${ .data.asks // false }', waits: '${ .data.waits // false }', sleeps: '${ .data.sleeps // false }' }
              export: { as: '${ $context + {job: .} }' }
          - isAsked:
              switch:
                - asked: { when: '${ $context.job.asks }', then: ask }
                - notAsked: { then: isWaiting }
          - ask:
              call: human-task:1.0.0@default
              with:
                title: '${ "Go on with \($context.job.reference)?" }'
                role: supervisor
                outcomes:
                  - { name: approved, label: Approve, requiresReason: false }
                  - { name: rejected, label: Reject, requiresReason: false }
                dueInSeconds: 86400
                onDue: expire
          - isWaiting:
              switch:
                - sleeping: { when: '${ $context.job.sleeps }', then: sleep }
                - waiting: { when: '${ $context.job.waits }', then: pause }
                - notWaiting: { then: act }
          - sleep:
              wait: { seconds: \#(sleepSeconds) }
              then: act
          - pause:
              wait: { milliseconds: 700 }
          - act:
              try:
                - create:
                    call: work-orders.create:1.0.0@default
                    with:
                      title: '${ $context.job.reference }'
                      priority: 3
                      reference: '${ $context.job.reference }'
                - made:
                    set: { outcome: made, reference: '${ $context.job.reference }' }
              catch:
                as: failure
                do:
                  - look:
                      call: human-task:1.0.0@default
                      with:
                        title: '${ "Was \($context.job.reference) done?" }'
                        description: '${ $failure.detail // "no detail" }'
                        role: supervisor
                        outcomes:
                          - { name: done, label: It was done, requiresReason: false }
                          - { name: not-done, label: It was not done, requiresReason: false }
                        dueInSeconds: 86400
                        onDue: expire
                  - looked:
                      set:
                        outcome: looked
                        reference: '${ $context.job.reference }'
                        reason: '${ $failure.detail // "no detail" }'
        """#
    }
}
