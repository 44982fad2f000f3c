import JSON
import Primitives
import RunnerProtocol

/// The workflows of the simulated plant. Together they wait in every way there is.
enum SimulationWorkflow: String, CaseIterable {
    case call, lookUp, blind, pause, retry, impatient, listen, approve, fork, parent, child, spawn, made, pair, tick,
        promise

    var id: WorkflowID { WorkflowID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0100 + number)) }
    var digest: String { String(repeating: "0", count: 60) + "ab" + (number < 10 ? "0\(number)" : "\(number)") }
    private var number: UInt64 { UInt64(Self.allCases.firstIndex(of: self) ?? 0) }

    /// The types that start it alone.
    var eventType: String? {
        switch self {
        case .child, .pair, .tick: nil
        case .made: Self.madeType
        default: Self.startType
        }
    }

    /// The types that start it together.
    var setTypes: [String] { self == .pair ? [Self.leftType, Self.rightType] : [] }

    /// Workflows that it needs to be enabled.
    var needs: [Self] {
        switch self {
        case .parent: [.child]
        case .spawn: [.child, .made]
        default: []
        }
    }

    var asksPeople: Bool { self == .approve || self == .blind || self == .fork }
    var runsOnTime: Bool { self == .tick }

    static let startType = "sim.start"
    static let goType = "sim.go"
    static let madeType = "sim.made"
    static let leftType = "sim.left"
    static let rightType = "sim.right"
    static let everySeconds = 60.0

    var envelope: DefinitionEnvelope {
        DefinitionEnvelope(
            digest: digest,
            document: [
                "document": ["dsl": "1.0.3", "namespace": "sim", "name": .string(rawValue), "version": "1.0.0"],
                "do": tasks,
            ], parameters: [:], bindings: [:], facts: ["id": .string(rawValue), "name": .string(rawValue)])
    }

    private static func call(_ target: SimulationTarget, _ more: JSONObject = [:]) -> JSONValue {
        var task: JSONObject = [
            "call": "http",
            "with": [
                "method": "post", "endpoint": .string("https://\(target.rawValue).example/acts"), "body": ["n": 1],
            ],
        ]
        for (key, value) in more { task[key] = value }
        return .object(task)
    }

    private static func ask(_ title: String, _ more: JSONObject = [:]) -> JSONValue {
        var with: JSONObject = [
            "title": .string(title), "role": "supervisor",
            "outcomes": [["name": "yes"], ["name": "no", "requiresReason": false]],
        ]
        for (key, value) in more { with[key] = value }
        return ["call": "human-task:1.0.0@default", "with": .object(with)]
    }

    private static func caught(_ tasks: JSONValue, _ handler: JSONValue) -> JSONValue {
        ["try": tasks, "catch": ["as": "problem", "do": handler]]
    }

    private var tasks: JSONValue {
        switch self {
        case .call, .made:
            [["act": Self.call(.honest)], ["note": ["set": ["done": true]]], ["again": Self.call(.honest)]]
        case .lookUp: [["act": Self.call(.searchable)], ["note": ["set": ["done": true]]]]
        case .blind:
            [["try": Self.caught([["act": Self.call(.blind)]], [["verify": Self.ask("Was it done?")]])]]
        case .pause:
            [
                ["first": ["wait": ["seconds": 30]]], ["act": Self.call(.honest)],
                ["second": ["wait": ["seconds": 300]]], ["end": ["set": ["done": true]]],
            ]
        case .retry:
            [
                [
                    "try": [
                        "try": [["act": Self.call(.honest)]],
                        "catch": [
                            "retry": ["delay": ["seconds": 5], "limit": ["attempt": ["count": 5]]],
                            "do": [["gaveUp": ["set": ["gaveUp": true]]]],
                        ],
                    ]
                ]
            ]
        case .impatient:
            [
                [
                    "try": Self.caught(
                        [["act": Self.call(.honest, ["timeout": ["after": ["seconds": 15]]])]],
                        [["late": ["set": ["late": true]]], ["again": Self.call(.honest)]])
                ]
            ]
        case .listen:
            [
                ["keep": ["set": ["subject": "${ .[0].subject }"]]],
                [
                    "try": Self.caught(
                        [
                            [
                                "hear": [
                                    "listen": [
                                        "to": [
                                            "one": ["with": ["type": .string(Self.goType), "subject": "${ .subject }"]]
                                        ]
                                    ],
                                    "timeout": ["after": ["seconds": 600]],
                                ]
                            ], ["act": Self.call(.honest)],
                        ], [["silent": ["set": ["silent": true]]]])
                ],
            ]
        case .approve:
            [
                [
                    "ask": Self.ask(
                        "Release it?",
                        [
                            "dueInSeconds": 900, "onDue": "expire",
                            "escalation": [["afterSeconds": 120, "role": "quality"]],
                        ])
                ], ["act": Self.call(.honest)],
            ]
        case .fork:
            [
                [
                    "both": [
                        "fork": [
                            "branches": [
                                ["left": Self.call(.honest)], ["middle": ["wait": ["seconds": 20]]],
                                ["right": Self.ask("Look at it", ["dueInSeconds": 300, "onDue": "expire"])],
                            ]
                        ]
                    ]
                ], ["act": Self.call(.searchable)],
            ]
        case .parent: [["run": Self.run(.child, awaits: true)], ["act": Self.call(.honest)]]
        case .child: [["pause": ["wait": ["seconds": 10]]], ["act": Self.call(.honest)]]
        case .spawn:
            [
                ["run": Self.run(.child, awaits: false)],
                [
                    "tell": [
                        "emit": [
                            "event": [
                                "with": [
                                    "source": "https://sim.example/spawn", "type": .string(Self.madeType),
                                    "data": ["n": 1],
                                ]
                            ]
                        ]
                    ]
                ],
            ]
        case .pair: [["act": Self.call(.honest)], ["pause": ["wait": ["seconds": 5]]]]
        case .tick: [["act": Self.call(.honest)]]
        case .promise:
            [
                ["begin": Self.clock(["target": 60, "warnings": [30], "calendar": "elapsed"])],
                ["act": Self.call(.honest)], ["halt": Self.clock(["action": "pause"])],
                ["parts": ["wait": ["seconds": 300]]], ["goOn": Self.clock(["action": "resume"])],
                ["work": ["wait": ["seconds": 45]]], ["stop": Self.clock(["action": "stop"])],
            ]
        }
    }

    private static func clock(_ more: JSONObject) -> JSONValue {
        var with: JSONObject = ["name": "response"]
        for (key, value) in more { with[key] = value }
        return ["call": "sla:1.0.0@default", "with": .object(with)]
    }

    private static func run(_ workflow: Self, awaits: Bool) -> JSONValue {
        [
            "run": [
                "await": .bool(awaits),
                "workflow": [
                    "namespace": "sim", "name": .string(workflow.rawValue), "version": "1.0.0", "input": ["n": 1],
                ],
            ]
        ]
    }
}
