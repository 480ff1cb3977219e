// Generated from docs/openapi/backend-api.yaml by "npm run gen". Do not edit.

export interface paths {
    "/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Log in with name and password. */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A new access token for the refresh cookie, which is replaced. */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Revoke the refresh token's family and drop the cookie. */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who am I? */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change one's own password; other sessions end. */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/dashboard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The plant in one answer. */
        get: operations["dashboard"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sensors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Sensors with their live state, by id. */
        get: operations["listSensors"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sensors/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One sensor. */
        get: operations["getSensor"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Edit a sensor (engineer). */
        patch: operations["patchSensor"];
        trace?: never;
    };
    "/sensors/{id}/readings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Readings of a sensor, thinned to about 2,000 points unless raw is asked for. */
        get: operations["sensorReadings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predictions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Predictions, newest first. */
        get: operations["listPredictions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predictions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One prediction with its contributing channels. */
        get: operations["getPrediction"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alarms, newest first (operator). */
        get: operations["listAlarms"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/kpi": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How many alarms came, and from where (operator). */
        get: operations["alarmKpi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One alarm (operator). */
        get: operations["getAlarm"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/bundle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The flight recorder of an alarm: readings, predictions and what was done (operator). */
        get: operations["alarmBundle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/ack": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take note of it (operator); closes an alarm whose condition is gone. */
        post: operations["ackAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/shelve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put it aside for a time (operator). */
        post: operations["shelveAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/unshelve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Back from the shelf (operator). */
        post: operations["unshelveAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/clear": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Close an alarm whose condition is gone (operator). */
        post: operations["clearAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/alarms/{id}/comment": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Add a comment (operator). */
        post: operations["commentAlarm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/faults": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Fault types with counts and trend. */
        get: operations["listFaults"];
        put?: never;
        /** Describe a fault type (engineer). */
        post: operations["createFault"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/faults/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Describe it anew (engineer). */
        put: operations["replaceFault"];
        post?: never;
        /** Drop the description (engineer). */
        delete: operations["deleteFault"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Accounts (admin). */
        get: operations["listUsers"];
        put?: never;
        /** Make an account (admin). */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/users/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change role or password, switch off or on (admin); its sessions end. */
        patch: operations["changeUser"];
        trace?: never;
    };
    "/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** API tokens (admin). */
        get: operations["listTokens"];
        put?: never;
        /** Make an API token for a machine (admin). */
        post: operations["createToken"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Revoke an API token (admin). */
        delete: operations["revokeToken"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Audit records, newest first (admin). */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Is the chain of audit records whole? (admin) */
        get: operations["verifyAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/serving": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which model serves which type, and the window it wants. */
        get: operations["serving"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Model versions, newest first. */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures of each version: feedback's accuracy, confidence, drift, latency, counts. */
        get: operations["modelMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One version with manifest, gate report and serving history. */
        get: operations["getModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make it the champion of its sensor type (engineer). */
        post: operations["promoteModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send this champion away; the last version that served well takes over (engineer). */
        post: operations["rollbackModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}/retire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Never serve it again (engineer). */
        post: operations["retireModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}/shadow": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let it judge along, stored apart, never answered (engineer). */
        post: operations["shadowModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/models/{version}/ab": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Let it serve a share of the sensors; each sensor stays where it is (engineer). */
        post: operations["abModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predictions/{id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Repeat a stored prediction bit for bit, and from raw readings where they are still stored. */
        post: operations["verifyPrediction"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/feedback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Newest first (operator). */
        get: operations["listFeedback"];
        put?: never;
        /** A verdict on a prediction, or a label for a range; the same again is the same, a change keeps its history (operator). */
        post: operations["addFeedback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/feedback/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Work orders as CSV (sensor_id,start,end,label,comment,user): each becomes a labelled range (operator). */
        post: operations["importFeedback"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/retrain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Train the next version from feedback, in a child process; judged by the gate, promoted where promotion is managed (engineer). */
        post: operations["retrain"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Newest first (engineer). */
        get: operations["listJobs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/jobs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One job with its progress (engineer). */
        get: operations["getJob"];
        put?: never;
        post?: never;
        /** Ask for its end (engineer). */
        delete: operations["cancelJob"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This contract as one document. */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/docs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This contract as a page (Swagger UI). */
        get: operations["docs"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/realtime": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: the live stream. Subprotocols `aastreli.v1, bearer.<access token>`; the server selects aastreli.v1. Frames as in ws_server and ws_client. */
        get: operations["realtime"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs. */
        get: operations["healthLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Its dependencies answer. */
        get: operations["healthReady"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus text. */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: components["schemas"]["problem.schema"];
        Login: components["schemas"]["login.schema"];
        Session: components["schemas"]["session.schema"];
        User: components["schemas"]["user.schema"];
        PasswordChange: components["schemas"]["password_change.schema"];
        Dashboard: components["schemas"]["dashboard.schema"];
        Sensor: components["schemas"]["sensor.schema"];
        SensorState: components["schemas"]["sensor_state.schema"];
        SensorPatch: components["schemas"]["sensor_patch.schema"];
        SensorList: components["schemas"]["sensor_list.schema"];
        Series: components["schemas"]["series.schema"];
        Prediction: components["schemas"]["prediction.schema"];
        PredictionList: components["schemas"]["prediction_list.schema"];
        Health: components["schemas"]["health.schema"];
        LiveServerFrame: components["schemas"]["ws_server.schema"];
        LiveClientFrame: components["schemas"]["ws_client.schema"];
        Alarm: components["schemas"]["alarm.schema"];
        AlarmList: components["schemas"]["alarm_list.schema"];
        AlarmAction: components["schemas"]["alarm_action.schema"];
        AlarmKpi: components["schemas"]["alarm_kpi.schema"];
        Fault: components["schemas"]["fault.schema"];
        FaultList: components["schemas"]["fault_list.schema"];
        UserCreate: components["schemas"]["user_create.schema"];
        UserChange: components["schemas"]["user_change.schema"];
        UserList: components["schemas"]["user_list.schema"];
        TokenCreate: components["schemas"]["token_create.schema"];
        Token: components["schemas"]["token.schema"];
        TokenList: components["schemas"]["token_list.schema"];
        AuditList: components["schemas"]["audit_list.schema"];
        Serving: components["schemas"]["serving.schema"];
        ModelList: components["schemas"]["model_list.schema"];
        Model: components["schemas"]["model.schema"];
        ModelChange: components["schemas"]["model_change.schema"];
        VerifyReport: components["schemas"]["verify_report.schema"];
        Feedback: components["schemas"]["feedback.schema"];
        FeedbackItem: components["schemas"]["feedback_item.schema"];
        FeedbackList: components["schemas"]["feedback_list.schema"];
        ImportReport: components["schemas"]["import_report.schema"];
        AuditCheck: components["schemas"]["audit_check.schema"];
        Retrain: components["schemas"]["retrain.schema"];
        Job: components["schemas"]["job.schema"];
        JobList: components["schemas"]["job_list.schema"];
        /**
         * Login
         * @description POST /auth/login.
         */
        "login.schema": {
            username: string;
            password: string;
        };
        /** @enum {string} */
        role: "viewer" | "operator" | "engineer" | "admin";
        /**
         * User
         * @description An account without its secrets (GET /auth/me).
         */
        "user.schema": {
            username: string;
            role: components["schemas"]["role"];
            /** @description The first-run password is still in use. */
            must_change: boolean;
        };
        /**
         * Session
         * @description Answer to login and refresh. The refresh token comes as an HttpOnly cookie only.
         */
        "session.schema": {
            access_token: string;
            /** @constant */
            token_type: "Bearer";
            /** @description Seconds. */
            expires_in: number;
            user: components["schemas"]["user.schema"];
        };
        /**
         * Problem
         * @description Every error answer (application/problem+json). `code` is stable; `detail` names field, value and what would be right.
         */
        "problem.schema": {
            type: string;
            title: string;
            status: number;
            /**
             * @description Stable; new ones may come, so treat an unknown one by its status.
             * @example invalid_field
             * @example not_found
             * @example conflict
             * @example unauthorized
             * @example forbidden
             * @example payload_too_large
             * @example unprocessable
             * @example rate_limited
             * @example unavailable
             * @example internal
             */
            code: string;
            detail: string;
            /** @description Path of the field at fault, e.g. items[2].window.t */
            field?: string;
            request_id: string;
        };
        /**
         * Password change
         * @description POST /auth/password.
         */
        "password_change.schema": {
            current_password: string;
            new_password: string;
        };
        /** @description Milliseconds since 1970-01-01T00:00:00Z. */
        epochMs: number;
        /** @enum {string} */
        predictionState: "normal" | "fault" | "unknown" | "blind" | "warming_up";
        /**
         * Prediction
         * @description What a model said about one window of one sensor.
         */
        "prediction.schema": {
            /** @description ULID, derived from sensor, window end and model: a retry gives the same one. */
            id: string;
            sensor_id: string;
            /** @description The window's end. */
            at: components["schemas"]["epochMs"];
            window?: {
                start: components["schemas"]["epochMs"];
                end: components["schemas"]["epochMs"];
                n: number;
                coverage?: number | null;
            } | null;
            state: components["schemas"]["predictionState"];
            /** @description The likeliest class. */
            label: string | null;
            confidence: number | null;
            probabilities?: {
                [key: string]: number | null;
            };
            /** @description 1 - P(normal). */
            anomaly_score?: number | null;
            is_anomaly: boolean;
            /** @description Version, e.g. v1. */
            model: string | null;
            /** @description champion, challenger or shadow. */
            role?: string | null;
            explanation?: {
                channel: string;
                stat: string;
                /** @description Margin that this feature adds to the label (TreeSHAP). */
                contribution: number;
            }[] | null;
            /** @description 0 or absent: the first judgement of this window; late readings give it anew with a higher one. */
            revision?: number | null;
            /** @description The id of the first judgement of the same window, which stays as it was. */
            amends?: string | null;
            features_hash?: string | null;
            latency_us?: number | null;
            /** @description When it was stored, epoch ms. */
            received?: number | null;
            /** @description The same as label, for clients that know it by this name. */
            fault?: string | null;
            explanation_bias?: number | null;
            /** @description What explanation_bias and all contributions sum to. */
            margin?: number | null;
        };
        /**
         * Dashboard
         * @description GET /dashboard: the plant in one answer.
         */
        "dashboard.schema": {
            server_time: components["schemas"]["epochMs"];
            /** @description Our connection to the live stream. */
            feed: {
                connected: boolean;
                since?: number | null;
            };
            sensors: {
                total: number;
                normal: number;
                fault: number;
                unknown: number;
                blind: number;
                warming_up: number;
                no_data: number;
            };
            /** @description Newest event time of all sensors. */
            last_seen: number | null;
            anomaly_rate: {
                window_ms: number;
                predictions: number;
                anomalies: number;
                /** @description null without predictions */
                rate: number | null;
            };
            predictions: components["schemas"]["prediction.schema"][];
            alarms: Record<string, never>[];
            services?: {
                name: string;
                ok: boolean;
                reason?: string | null;
            }[];
        };
        /**
         * @description new: registered itself and nobody has confirmed it.
         * @enum {string}
         */
        sensorStatus: "new" | "active" | "retired";
        /**
         * @description What is known of the machine now. blind: readings come, but nobody judges them. no_data: no readings come.
         * @enum {string}
         */
        sensorState: "normal" | "fault" | "unknown" | "blind" | "warming_up" | "no_data";
        /**
         * Sensor state
         * @description A sensor as the live stream shows it (S in ARCHITECTURE.md).
         */
        "sensor_state.schema": {
            sensor_id: string;
            name?: string | null;
            type?: string | null;
            status?: string | null;
            state: components["schemas"]["sensorState"];
            label?: string | null;
            confidence?: number | null;
            prediction_id?: string | null;
            /** @description Newest event time, epoch ms. */
            last_seen?: number | null;
            rate_hz?: number | null;
            channels?: {
                name: string;
                unit?: string | null;
            }[];
            latest?: {
                t: number | null;
                values: {
                    [key: string]: number | null;
                };
            } | null;
            /** @description Share of the model's window that has readings. */
            coverage?: number | null;
        };
        /**
         * Sensor
         * @description A sensor as registered and edited, with its live state.
         */
        "sensor.schema": {
            id: string;
            name?: string | null;
            type?: string | null;
            status: components["schemas"]["sensorStatus"];
            asset?: {
                site?: string | null;
                line?: string | null;
                machine?: string | null;
            } | null;
            channels: {
                name: string;
                unit?: string | null;
                min?: number | null;
                max?: number | null;
                period_ms?: number | null;
            }[];
            created?: number | null;
            last_seen?: number | null;
            skew_ms?: number | null;
            /** @description A version that overrules the type's champion. */
            model?: string | null;
            live: components["schemas"]["sensor_state.schema"] | null;
        };
        /** @description Give it back as `cursor` for the next page; null at the end. */
        cursor: string | null;
        /**
         * Sensor list
         * @description GET /sensors.
         */
        "sensor_list.schema": {
            items: components["schemas"]["sensor.schema"][];
            next: components["schemas"]["cursor"];
        };
        /**
         * Sensor patch
         * @description PATCH /sensors/{id}: what a person may edit.
         */
        "sensor_patch.schema": {
            name?: string;
            type?: string;
            status?: components["schemas"]["sensorStatus"];
            asset?: {
                site?: string | null;
                line?: string | null;
                machine?: string | null;
            };
        };
        /**
         * Series
         * @description GET /sensors/{id}/readings. With resolution raw, a list of values per channel; else min, max and mean per slot, whose start is t.
         */
        "series.schema": {
            sensor_id: string;
            /** @description raw, or the slot's width, e.g. 10s */
            resolution: string;
            t: components["schemas"]["epochMs"][];
            channels: {
                [key: string]: (number | null)[] | {
                    min: (number | null)[];
                    max: (number | null)[];
                    mean: (number | null)[];
                };
            };
        };
        /**
         * Prediction list
         * @description GET /predictions.
         */
        "prediction_list.schema": {
            items: components["schemas"]["prediction.schema"][];
            next: components["schemas"]["cursor"];
        };
        /**
         * Alarm
         * @description One alarm of a sensor and fault (ISA-18.2).
         */
        "alarm.schema": {
            id: string;
            sensor_id: string;
            fault?: string | null;
            /** @description critical, high, medium or low */
            priority?: string | null;
            /** @enum {string} */
            state: "normal" | "unacked" | "acked" | "rtn_unacked" | "shelved" | "shelved_active" | "suppressed" | "suppressed_active" | "out_of_service" | "out_of_service_active";
            raised: components["schemas"]["epochMs"];
            acked?: number | null;
            acked_by?: string | null;
            returned?: number | null;
            cleared?: number | null;
            cleared_by?: string | null;
            shelved?: number | null;
            shelved_by?: string | null;
            shelved_until?: number | null;
            comments?: {
                at: components["schemas"]["epochMs"];
                user: string;
                text: string;
            }[];
            /** @description End of the window that raised it, or the last data of a silent sensor; epoch ms. */
            event_at?: number | null;
            prediction_id?: string | null;
            label?: string | null;
            confidence?: number | null;
            anomaly_score?: number | null;
            model?: string | null;
            /** @description As in the prediction; comes a moment after the alarm. */
            explanation?: Record<string, never>[] | null;
            /** @description The machine, or the sensor where none is known. */
            group?: string | null;
            /** @description The first alarm of its group that is still active. */
            first_out?: boolean | null;
            first_out_id?: string | null;
            /** @description Raised three times or more within an hour. */
            chattering?: boolean | null;
            occurrences?: number | null;
            /** @description Name of the flight recorder's file, once it is frozen. */
            bundle?: string | null;
            bundle_due?: number | null;
        };
        /**
         * Alarm list
         * @description GET /alarms.
         */
        "alarm_list.schema": {
            items: components["schemas"]["alarm.schema"][];
            next: components["schemas"]["cursor"];
        };
        /**
         * Alarm figures
         * @description GET /alarms/kpi: how many alarms came, and from where (EEMUA 191).
         */
        "alarm_kpi.schema": {
            window_ms: number;
            raised: number;
            per_hour: number;
            by_sensor: {
                sensor_id: string;
                count: number;
            }[];
            by_fault: {
                fault: string;
                count: number;
            }[];
            by_state: {
                state: string;
                count: number;
            }[];
        };
        /**
         * Alarm action
         * @description Body of POST /alarms/{id}/ack, shelve, unshelve, clear and comment; comment needs `comment`.
         */
        "alarm_action.schema": {
            comment?: string;
            /** @description How long shelve puts it aside (default 60). */
            minutes?: number;
        };
        /**
         * Fault types
         * @description GET /faults: described ones, and labels that models used in the last two days.
         */
        "fault_list.schema": {
            items: {
                code: string;
                name?: string | null;
                description?: string | null;
                severity?: string | null;
                color?: string | null;
                action?: string | null;
                enabled: boolean;
                threshold?: number | null;
                /** @description Anomalies with this label in the last 24 hours. */
                count_24h: number;
                /** @description The same for the 24 hours before. */
                count_before: number;
            }[];
            next: components["schemas"]["cursor"];
        };
        /**
         * Fault type
         * @description POST /faults, PUT /faults/{code}: what people write about a fault.
         */
        "fault.schema": {
            code?: string;
            name?: string;
            description?: string;
            /** @enum {string} */
            severity?: "critical" | "high" | "medium" | "low";
            color?: string;
            /** @description What to do about it. */
            action?: string;
            enabled?: boolean;
            /** @description P(not normal) from which it counts. */
            threshold?: number;
        };
        /**
         * Accounts
         * @description GET /users.
         */
        "user_list.schema": {
            items: {
                /** @description User name. */
                id: string;
                role: components["schemas"]["role"];
                created?: number | null;
                must_change?: boolean;
                disabled?: boolean;
            }[];
            next: components["schemas"]["cursor"];
        };
        /**
         * New account
         * @description POST /users. The password must be changed at the first login.
         */
        "user_create.schema": {
            username: string;
            password: string;
            role: components["schemas"]["role"];
        };
        /**
         * Change of an account
         * @description PATCH /users/{name}. Its sessions end.
         */
        "user_change.schema": {
            password?: string;
            role?: components["schemas"]["role"];
            disabled?: boolean;
        };
        /**
         * API tokens
         * @description GET /tokens.
         */
        "token_list.schema": {
            items: {
                id: string;
                name: string;
                scope: components["schemas"]["role"];
                user?: string;
                created?: number | null;
                expires: number | null;
                revoked?: boolean;
            }[];
            next: components["schemas"]["cursor"];
        };
        /**
         * New API token
         * @description POST /tokens.
         */
        "token_create.schema": {
            name: string;
            scope: components["schemas"]["role"];
            /** @description Life (default 90). */
            days?: number;
        };
        /**
         * API token
         * @description Answer to POST /tokens: the only time that the token itself is told.
         */
        "token.schema": {
            id: string;
            name: string;
            scope: components["schemas"]["role"];
            token: string;
            expires: components["schemas"]["epochMs"];
        };
        /**
         * Audit records
         * @description GET /audit.
         */
        "audit_list.schema": {
            items: {
                id: string;
                seq?: number | null;
                at: components["schemas"]["epochMs"];
                user?: string | null;
                action: string;
                target?: string | null;
            }[];
            next: components["schemas"]["cursor"];
        };
        /**
         * Audit check
         * @description GET /audit/verify: whether the chain of audit records is whole.
         */
        "audit_check.schema": {
            ok: boolean;
            /** @description Good ones, from the first on. */
            records: number;
            last_seq: number;
            /** @description Note it elsewhere: it shows whether newer records were cut off. */
            last_hash: string;
            /** @description What is wrong with the next one. */
            reason: string | null;
        };
        window: {
            rows: number;
            /** @description After a start windows are given out from so many rows on; absent: full ones only. */
            min_rows?: number;
            stride?: number;
            period_ms: number;
            min_coverage?: number;
            /** @description 0: a gap never starts the window anew. */
            max_gap_ms?: number;
        };
        /**
         * Serving
         * @description GET /serving: by sensor type, the model that serves it and the window it wants.
         */
        "serving.schema": {
            types: {
                [key: string]: {
                    version: string;
                    /** @description null: the model takes features only. */
                    window: components["schemas"]["window"] | null;
                    channels: string[];
                    schema_hash: string;
                    classes?: string[];
                    normal?: string | null;
                    features?: number;
                    challenger?: string | null;
                    ab_pct?: number;
                    shadow?: string | null;
                };
            };
        };
        /**
         * Model
         * @description GET /models/{version}.
         */
        "model.schema": {
            version: string;
            /** @enum {string} */
            status: "candidate" | "champion" | "challenger" | "shadow" | "retired" | "rejected";
            sensor_type?: string;
            created?: number | null;
            model_sha256?: string;
            manifest?: Record<string, never> | null;
            /** @description The gate's report. */
            gate?: Record<string, never> | null;
            /** @description Serving history, oldest first; only appended to. */
            history?: {
                at: number;
                /** @enum {string} */
                action: "promote" | "rollback" | "retire" | "shadow" | "ab";
                type?: string | null;
                version?: string | null;
                from?: string | null;
                user: string;
                reason?: string;
                ab_pct?: number;
            }[];
        };
        /**
         * Model list
         * @description GET /models.
         */
        "model_list.schema": {
            items: components["schemas"]["model.schema"][];
            next?: components["schemas"]["cursor"];
            /** @description Who plays which role, by sensor type. */
            roles?: Record<string, never>[] | null;
            /** @description What became of the files in models/current. */
            drop_in?: {
                /** @enum {string} */
                state?: "empty" | "waiting" | "deployed" | "refused";
                version?: string | null;
                reason?: string | null;
                at?: number;
            } | null;
        };
        /**
         * Model change
         * @description Body of POST /models/{version}/promote, /rollback, /retire, /shadow and /ab; all optional.
         */
        "model_change.schema": {
            /** @description The type whose roles change; the version's own when absent. */
            sensor_type?: string;
            /** @description ab: share of sensors that the version serves. Default 50. */
            percent?: number;
            /** @description shadow, ab: end it. */
            end?: boolean;
            user?: string;
            reason?: string;
        };
        /**
         * Verify report
         * @description POST /predictions/{id}/verify.
         */
        "verify_report.schema": {
            id: string;
            model: string;
            /** @description Every check has the same bits. */
            identical: boolean;
            checks: {
                name: string;
                ok: boolean;
                stored?: unknown;
                recomputed?: unknown;
            }[];
            raw: {
                checked: boolean;
                ok: boolean | null;
                reason: string | null;
            };
        };
        /**
         * Feedback item
         * @description A stored feedback.
         */
        "feedback_item.schema": {
            id: string;
            prediction_id?: string | null;
            sensor_id: string;
            start?: number;
            end?: number;
            /** @enum {string} */
            verdict: "confirm" | "reject" | "relabel";
            label?: string | null;
            /** @description The class that the verdict means; null: not known. */
            truth?: string | null;
            comment?: string | null;
            user: string;
            at: number;
            model?: string | null;
            role?: string | null;
            predicted?: string | null;
            /** @description What it said before, oldest first. */
            history: Record<string, never>[];
            used_in?: string[];
            /** @description Feedback of others that means another class. */
            disagrees?: string[];
        };
        /**
         * Feedback list
         * @description GET /feedback.
         */
        "feedback_list.schema": {
            items: components["schemas"]["feedback_item.schema"][];
            next: components["schemas"]["cursor"];
        };
        /** @description 1 to 64 characters of A-Z a-z 0-9 _ . : -, safe in topics and URLs. */
        sensorId: string;
        /**
         * Feedback
         * @description POST /feedback: a verdict on one prediction, or a label for a range.
         */
        "feedback.schema": {
            prediction_id?: string;
            range?: {
                sensor_id: components["schemas"]["sensorId"];
                start: components["schemas"]["epochMs"];
                end: components["schemas"]["epochMs"];
            };
            /** @enum {string} */
            verdict: "confirm" | "reject" | "relabel";
            label?: string;
            comment?: string;
            /** @description Who says so, where no gateway names them in X-Aastreli-User. */
            user?: string;
        } & (unknown | unknown);
        /**
         * Import report
         * @description POST /feedback/import.
         */
        "import_report.schema": {
            dry_run: boolean;
            imported: number;
            unchanged: number;
            failed: number;
            /** @description The first 100. */
            errors: {
                line?: number;
                detail?: string;
            }[];
        };
        /**
         * Retrain
         * @description POST /retrain; all optional.
         */
        "retrain.schema": {
            /** @description The type whose champion is the parent. Default *. */
            sensor_type?: string;
            reason?: string;
            user?: string;
            /** @description Training parameters that replace the parent's, e.g. {"max_depth": 4, "rounds": 80}. */
            params?: Record<string, never>;
            /** @description Of labelled times; open where absent. */
            range?: {
                from?: components["schemas"]["epochMs"];
                to?: components["schemas"]["epochMs"];
            };
        };
        /**
         * Job
         * @description A retraining job.
         */
        "job.schema": {
            id: string;
            kind: string;
            /** @enum {string} */
            status: "queued" | "running" | "succeeded" | "failed" | "crashed" | "cancelled";
            created: number;
            started?: number | null;
            finished?: number | null;
            user?: string;
            reason?: string;
            type?: string;
            parent?: string;
            params?: Record<string, never> | null;
            progress?: {
                phase?: string;
                round?: number;
                rounds?: number;
                evaluation?: string | null;
            } | null;
            /** @description What came of it. */
            version?: string | null;
            gate?: Record<string, never> | null;
            promoted?: boolean;
            error?: string | null;
        };
        /**
         * Job list
         * @description GET /jobs, newest first.
         */
        "job_list.schema": {
            items: components["schemas"]["job.schema"][];
            next: components["schemas"]["cursor"];
        };
        /**
         * Health
         * @description GET /health/ready.
         */
        "health.schema": {
            /** @enum {string} */
            status: "live" | "ready" | "not_ready" | "stopping";
            service: string;
            version: string;
            uptime_s?: number;
            checks?: {
                name: string;
                ok: boolean;
                required: boolean;
                reason?: string | null;
            }[];
        };
        /** @description Columns by channel name, each as long as t. */
        channels: {
            [key: string]: (number | null)[];
        };
        hello: {
            /** @constant */
            type: "hello";
            seq: number;
            epoch: string | number;
            server_time: components["schemas"]["epochMs"];
        };
        snapshot: {
            /** @constant */
            type: "snapshot";
            seq: number;
            sensors: components["schemas"]["sensor_state.schema"][];
            /** @description Newest first, at most 50. */
            predictions: components["schemas"]["prediction.schema"][];
            alarms?: Record<string, never>[];
        };
        readings: {
            /** @constant */
            type: "readings";
            seq: number;
            sensor_id: string;
            t: components["schemas"]["epochMs"][];
            channels: components["schemas"]["channels"];
        };
        prediction: {
            /** @constant */
            type: "prediction";
            seq: number;
            prediction: components["schemas"]["prediction.schema"];
        };
        sensor: {
            /** @constant */
            type: "sensor";
            seq: number;
            sensor: components["schemas"]["sensor_state.schema"];
        };
        lost: {
            /** @constant */
            type: "lost";
            seq: number;
            /** @description Frames that this client missed; ask for a snapshot. */
            count: number;
        };
        feed: {
            /** @constant */
            type: "feed";
            seq: number;
            connected: boolean;
            /** @description backend-api only: its own connection to the stream came or went. */
            since?: number | null;
        };
        alarm: {
            /** @constant */
            type: "alarm";
            seq: number;
            alarm: Record<string, never>;
        };
        /**
         * Live frames from the server
         * @description One JSON object per text frame; seq grows by one per frame of one server run (epoch).
         */
        "ws_server.schema": {
            $defs: {
                hello: {
                    /** @constant */
                    type: "hello";
                    seq: number;
                    epoch: string | number;
                    server_time: components["schemas"]["epochMs"];
                };
                snapshot: {
                    /** @constant */
                    type: "snapshot";
                    seq: number;
                    sensors: components["schemas"]["sensor_state.schema"][];
                    /** @description Newest first, at most 50. */
                    predictions: components["schemas"]["prediction.schema"][];
                    alarms?: Record<string, never>[];
                };
                readings: {
                    /** @constant */
                    type: "readings";
                    seq: number;
                    sensor_id: string;
                    t: components["schemas"]["epochMs"][];
                    channels: components["schemas"]["channels"];
                };
                prediction: {
                    /** @constant */
                    type: "prediction";
                    seq: number;
                    prediction: components["schemas"]["prediction.schema"];
                };
                sensor: {
                    /** @constant */
                    type: "sensor";
                    seq: number;
                    sensor: components["schemas"]["sensor_state.schema"];
                };
                lost: {
                    /** @constant */
                    type: "lost";
                    seq: number;
                    /** @description Frames that this client missed; ask for a snapshot. */
                    count: number;
                };
                feed: {
                    /** @constant */
                    type: "feed";
                    seq: number;
                    connected: boolean;
                    /** @description backend-api only: its own connection to the stream came or went. */
                    since?: number | null;
                };
                alarm: {
                    /** @constant */
                    type: "alarm";
                    seq: number;
                    alarm: Record<string, never>;
                };
            };
        } & (components["schemas"]["hello"] | components["schemas"]["snapshot"] | components["schemas"]["readings"] | components["schemas"]["prediction"] | components["schemas"]["sensor"] | components["schemas"]["lost"] | components["schemas"]["feed"] | components["schemas"]["alarm"]);
        /**
         * Live frames from the client
         * @description What a client may send on /stream and /realtime.
         */
        "ws_client.schema": {
            /** @constant */
            op: "subscribe";
            /** @description Ids, or * for all. */
            sensors?: string[];
            kinds?: ("readings" | "predictions" | "sensors" | "alarms")[];
        } | {
            /** @constant */
            op: "snapshot";
        };
    };
    responses: {
        /** @description A field is wrong; `field` names it. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description No token, or one that is not valid any more. */
        Unauthorized: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description The role does not suffice. */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description There is no such thing. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description It changed meanwhile, or exists already. */
        Conflict: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description A WebSocket upgrade was expected. */
        UpgradeRequired: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description Too many requests. */
        TooMany: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description Overloaded, or something it needs is away. */
        Unavailable: {
            headers: {
                /** @description Seconds. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description The body is too large. */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description Well formed, but it cannot be done. */
        Unprocessable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["login.schema"];
            };
        };
        responses: {
            /** @description An access token; the refresh token as a cookie. */
            200: {
                headers: {
                    /** @description aastreli_refresh, HttpOnly, SameSite=Strict, Path=/auth */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["session.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description An access token. */
            200: {
                headers: {
                    /** @description aastreli_refresh, HttpOnly, SameSite=Strict, Path=/auth */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["session.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Logged out; also without a session. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["user.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["password_change.schema"];
            };
        };
        responses: {
            /** @description Changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    dashboard: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Counts, rates, newest predictions, ages. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["dashboard.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSensors: {
        parameters: {
            query?: {
                /** @description Only this status. */
                status?: "new" | "active" | "retired";
                /** @description Only this type. */
                type?: string;
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["sensor_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSensor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Sensor id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The sensor. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["sensor.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    patchSensor: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Sensor id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["sensor_patch.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["sensor.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    sensorReadings: {
        parameters: {
            query?: {
                /** @description First event time, epoch ms (default: an hour before `to`). */
                from?: number;
                /** @description Last event time, epoch ms (default: now). */
                to?: number;
                /** @description auto, raw, or a slot's width such as 10s, 1m, 1h. */
                resolution?: string;
            };
            header?: never;
            path: {
                /** @description Sensor id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The series. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["series.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listPredictions: {
        parameters: {
            query?: {
                /** @description Only this sensor. */
                sensor_id?: string;
                /** @description Only this label. */
                label?: string;
                /** @description Only this state. */
                state?: "normal" | "fault" | "unknown" | "blind" | "warming_up";
                /** @description Only this model version. */
                model?: string;
                /** @description Window end from, epoch ms. */
                from?: number;
                /** @description Window end to, epoch ms. */
                to?: number;
                /** @description At least this confident. */
                min_confidence?: number;
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["prediction_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    getPrediction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Prediction id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prediction. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["prediction.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAlarms: {
        parameters: {
            query?: {
                /** @description Only this state, or open for all that are not normal. */
                state?: string;
                /** @description Only this sensor. */
                sensor_id?: string;
                /** @description Only this fault. */
                fault?: string;
                /** @description Only this priority. */
                priority?: string;
                /** @description Raised from, epoch ms. */
                from?: number;
                /** @description Raised to, epoch ms. */
                to?: number;
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    alarmKpi: {
        parameters: {
            query?: {
                /** @description Reach back. */
                window_ms?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm_kpi.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    getAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The alarm. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    alarmBundle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The bundle. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    ackAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["alarm_action.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    shelveAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["alarm_action.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    unshelveAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["alarm_action.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    clearAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["alarm_action.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    commentAlarm: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Alarm id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["alarm_action.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["alarm.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listFaults: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["fault_list.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    createFault: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["fault.schema"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["fault.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    replaceFault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Fault code. */
                code: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["fault.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["fault.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteFault: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Fault code. */
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["user_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["user_create.schema"];
            };
        };
        responses: {
            /** @description Made. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["user.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    changeUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description User name. */
                name: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["user_change.schema"];
            };
        };
        responses: {
            /** @description As it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["user.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTokens: {
        parameters: {
            query?: {
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["token_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    createToken: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["token_create.schema"];
            };
        };
        responses: {
            /** @description The token, told only now. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["token.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeToken: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Token id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description Only this user. */
                user?: string;
                /** @description Only this action. */
                action?: string;
                /** @description Only this target. */
                target?: string;
                /** @description From, epoch ms. */
                from?: number;
                /** @description To, epoch ms. */
                to?: number;
                /** @description Items per page. */
                limit?: number;
                /** @description `next` of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyAudit: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was found. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["audit_check.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    serving: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description By sensor type; `*` for all others. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["serving.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Versions with manifests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model_list.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    modelMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description ml-service's figures. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    promoteModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["model_change.schema"];
            };
        };
        responses: {
            /** @description The version as it is now (rollback: the one that serves now). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    rollbackModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["model_change.schema"];
            };
        };
        responses: {
            /** @description The version as it is now (rollback: the one that serves now). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    retireModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["model_change.schema"];
            };
        };
        responses: {
            /** @description The version as it is now (rollback: the one that serves now). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    shadowModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["model_change.schema"];
            };
        };
        responses: {
            /** @description The version as it is now (rollback: the one that serves now). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    abModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Version, e.g. v1. */
                version: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["model_change.schema"];
            };
        };
        responses: {
            /** @description The version as it is now (rollback: the one that serves now). */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["model.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    verifyPrediction: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Prediction id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was compared. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["verify_report.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["Unprocessable"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listFeedback: {
        parameters: {
            query?: {
                /** @description Sensor. */
                sensor_id?: string;
                /** @description Prediction. */
                prediction_id?: string;
                /** @description Who said it. */
                user?: string;
                /** @description confirm, reject or relabel. */
                verdict?: string;
                /** @description Given label. */
                label?: string;
                /** @description Epoch ms. */
                from?: number;
                /** @description Epoch ms. */
                to?: number;
                /** @description 1: only what somebody contradicts. */
                disagreements?: string;
                /** @description 1 to 500. */
                limit?: number;
                /** @description Of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Feedback. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["feedback_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    addFeedback: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["feedback.schema"];
            };
        };
        responses: {
            /** @description Was there, changed or not. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["feedback_item.schema"];
                };
            };
            /** @description New. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["feedback_item.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    importFeedback: {
        parameters: {
            query?: {
                /** @description 1: tell only. */
                dry_run?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "text/csv": string;
            };
        };
        responses: {
            /** @description What came of the lines. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["import_report.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    retrain: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["retrain.schema"];
            };
        };
        responses: {
            /** @description Queued. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["job.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    listJobs: {
        parameters: {
            query?: {
                /** @description 1 to 200. */
                limit?: number;
                /** @description Of the page before. */
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Jobs. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["job_list.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    getJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Job id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The job. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["job.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelJob: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Job id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It ends in a moment. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["job.schema"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description OpenAPI 3.1. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    docs: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The page. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/html": string;
                };
            };
        };
    };
    realtime: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Switched. */
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            426: components["responses"]["UpgradeRequired"];
            429: components["responses"]["TooMany"];
            503: components["responses"]["Unavailable"];
        };
    };
    healthLive: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
        };
    };
    healthReady: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
            /** @description Not ready; `checks` say why. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["health.schema"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
        };
    };
}
