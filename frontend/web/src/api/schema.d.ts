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
            features_hash?: string | null;
            latency_us?: number | null;
            /** @description When it was stored, epoch ms. */
            received?: number | null;
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
