// Written from the Rust model by `make bindings`.

import type { Shape } from '../parse-shape';

export const TAB: Shape = {
  "fields": {
    "counts": {
      "fields": {
        "KE-1": 4294967295,
        "KE-2": 4294967295,
        "KE-3": 4294967295,
        "KE-4": 4294967295
      }
    },
    "entries": {
      "list": {
        "fields": {
          "count": 4294967295,
          "detail": {
            "kinds": {
              "clue": {},
              "delayed-event": {
                "attempt": {
                  "maybe": 4294967295
                },
                "delayId": {
                  "maybe": "text"
                },
                "errcode": {
                  "maybe": "text"
                },
                "failure": {
                  "maybe": [
                    "timed-out",
                    "unreachable",
                    "refused"
                  ]
                },
                "gaveUp": "flag",
                "httpStatus": {
                  "maybe": 65535
                },
                "maxAttempts": {
                  "maybe": 4294967295
                },
                "rejoins": "flag",
                "request": {
                  "maybe": [
                    "schedule-leave",
                    "restart-leave",
                    "cancel-leave",
                    "send-leave",
                    "update-leave",
                    "membership"
                  ]
                },
                "roomId": {
                  "maybe": "text"
                }
              },
              "invalid-key": {
                "participant": {
                  "maybe": "text"
                }
              },
              "key-errors-suppressed": {
                "participant": {
                  "maybe": "text"
                }
              },
              "key-marked-invalid": {
                "index": {
                  "maybe": 4294967295
                },
                "participant": {
                  "maybe": "text"
                }
              },
              "malformed": {
                "cause": [
                  "missing-field",
                  "invalid-type",
                  "unsupported-algorithm",
                  "bad-base64",
                  "unreadable"
                ],
                "eventId": {
                  "maybe": "text"
                },
                "reason": "text",
                "roomId": {
                  "maybe": "text"
                },
                "sender": {
                  "maybe": "text"
                }
              },
              "media-key-mention": {},
              "membership": {
                "attempt": {
                  "maybe": 4294967295
                },
                "delayId": {
                  "maybe": "text"
                },
                "errcode": {
                  "maybe": "text"
                },
                "failure": {
                  "maybe": [
                    "timed-out",
                    "unreachable",
                    "refused"
                  ]
                },
                "gaveUp": "flag",
                "httpStatus": {
                  "maybe": 65535
                },
                "maxAttempts": {
                  "maybe": 4294967295
                },
                "rejoins": "flag",
                "request": {
                  "maybe": [
                    "schedule-leave",
                    "restart-leave",
                    "cancel-leave",
                    "send-leave",
                    "update-leave",
                    "membership"
                  ]
                },
                "roomId": {
                  "maybe": "text"
                }
              },
              "missing-key": {
                "index": {
                  "maybe": 4294967295
                },
                "participant": {
                  "maybe": "text"
                }
              },
              "missing-key-set": {
                "index": {
                  "maybe": 4294967295
                },
                "participant": {
                  "maybe": "text"
                }
              },
              "no-key-targets": {},
              "olm-session-failed": {
                "deviceId": {
                  "maybe": "text"
                },
                "reason": {
                  "maybe": "text"
                },
                "userId": {
                  "maybe": "text"
                }
              },
              "refusal": {
                "deviceId": {
                  "maybe": "text"
                },
                "httpStatus": {
                  "maybe": 65535
                },
                "keyId": "text",
                "newKey": {
                  "maybe": "text"
                },
                "oldKey": {
                  "maybe": "text"
                }
              },
              "to-device-opened": {
                "sender": {
                  "maybe": "text"
                }
              },
              "to-device-unopened": {
                "reason": {
                  "maybe": "text"
                },
                "sender": {
                  "maybe": "text"
                }
              },
              "undecryptable": {
                "eventId": {
                  "maybe": "text"
                },
                "reason": {
                  "maybe": "text"
                },
                "roomId": {
                  "maybe": "text"
                },
                "sender": {
                  "maybe": "text"
                }
              },
              "upload-failed": {
                "errcode": {
                  "maybe": "text"
                },
                "httpStatus": {
                  "maybe": 65535
                }
              }
            }
          },
          "firstTs": "time",
          "ke": [
            "KE-1",
            "KE-2",
            "KE-3",
            "KE-4"
          ],
          "lastMessage": {
            "optional": "text"
          },
          "lastTs": "time",
          "level": [
            "warn",
            "error"
          ],
          "message": "text",
          "signature": "text",
          "source": "text",
          "truncated": "flag",
          "ts": "time"
        }
      }
    },
    "id": "text",
    "opened": "time",
    "role": {
      "maybe": [
        "leader",
        "follower",
        "solo"
      ]
    },
    "since": {
      "maybe": "time"
    },
    "thisTab": "flag",
    "visible": {
      "maybe": "flag"
    }
  }
};
