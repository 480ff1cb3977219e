// Generated from docs/openapi/ml-service.yaml by "npm run gen". Do not edit.

export interface paths {
    "/predict": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Judge one window. */
        post: operations["predict"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/predict-batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Judge many windows; answers in order, errors per item. */
        post: operations["predictBatch"];
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
        /** Make it the champion of its sensor type. */
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
        /** Send this champion away; the last version that served well takes over. */
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
        /** Never serve it again. */
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
        /** Let it judge along, stored apart, never answered. */
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
        /** Let it serve a share of the sensors; each sensor stays where it is. */
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
        /** Newest first. */
        get: operations["listFeedback"];
        put?: never;
        /** A verdict on a prediction, or a label for a range; the same again is the same, a change keeps its history. */
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
        /** Work orders as CSV (sensor_id,start,end,label,comment,user): each becomes a labelled range. */
        post: operations["importFeedback"];
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
        /** Prometheus text, or performance per version with `Accept: application/json`. */
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
        Prediction: components["schemas"]["prediction.schema"];
        PredictRequest: components["schemas"]["predict_request.schema"];
        PredictBatchRequest: components["schemas"]["predict_batch_request.schema"];
        PredictBatchResponse: components["schemas"]["predict_batch_response.schema"];
        Serving: components["schemas"]["serving.schema"];
        ModelList: components["schemas"]["model_list.schema"];
        FeatureSchema: components["schemas"]["feature_schema.schema"];
        Health: components["schemas"]["health.schema"];
        ModelChange: components["schemas"]["model_change.schema"];
        Model: components["schemas"]["model.schema"];
        VerifyReport: components["schemas"]["verify_report.schema"];
        Feedback: components["schemas"]["feedback.schema"];
        FeedbackItem: components["schemas"]["feedback_item.schema"];
        FeedbackList: components["schemas"]["feedback_list.schema"];
        ImportReport: components["schemas"]["import_report.schema"];
        /** @description 1 to 64 characters of A-Z a-z 0-9 _ . : -, safe in topics and URLs. */
        sensorId: string;
        /** @description Milliseconds since 1970-01-01T00:00:00Z. */
        epochMs: number;
        /**
         * Predict request
         * @description POST /predict, and an item of POST /predict-batch: a window, or features in the model's order.
         */
        "predict_request.schema": {
            sensor_id?: components["schemas"]["sensorId"];
            sensor_type?: string;
            /** @description Columns by channel name, or rows in the model's channel order. */
            window?: {
                t?: components["schemas"]["epochMs"][];
                channels: {
                    [key: string]: (number | null)[];
                };
            } | (number | null)[][];
            /** @description Absent or 0: the first judgement of this window. Late readings changed it since: counted up. */
            revision?: number;
            features?: (number | null)[];
        } & (unknown | unknown);
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
         * Predict batch request
         * @description POST /predict-batch.
         */
        "predict_batch_request.schema": {
            items: components["schemas"]["predict_request.schema"][];
        };
        /**
         * Predict batch response
         * @description One entry per item, in order: a prediction, or why not.
         */
        "predict_batch_response.schema": {
            predictions: (components["schemas"]["prediction.schema"] | {
                error: components["schemas"]["problem.schema"];
            })[];
        };
        window: {
            rows: number;
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
        /** @description Give it back as `cursor` for the next page; null at the end. */
        cursor: string | null;
        /**
         * Model list
         * @description GET /models.
         */
        "model_list.schema": {
            items: components["schemas"]["model.schema"][];
            next?: components["schemas"]["cursor"];
            /** @description Who plays which role, by sensor type. */
            roles?: Record<string, never>[] | null;
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
        channelName: string;
        /**
         * Feature schema
         * @description feature_schema.json: what a model was trained on.
         */
        "feature_schema.schema": {
            version?: number;
            sensor_type?: string;
            normal?: string;
            window: components["schemas"]["window"];
            channels: components["schemas"]["channelName"][];
            features: {
                /** @enum {unknown} */
                order: "channel-major" | "stat-major";
                stats: string[];
            } | {
                channel: components["schemas"]["channelName"];
                stat: string;
            }[];
            scaler?: {
                mean: number[];
                scale: number[];
            } | null;
            classes?: string[] | null;
            $defs: {
                window: {
                    rows: number;
                    stride?: number;
                    period_ms: number;
                    min_coverage?: number;
                    /** @description 0: a gap never starts the window anew. */
                    max_gap_ms?: number;
                };
            };
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
        /** @description There is no such thing. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["problem.schema"];
            };
        };
        /** @description It contradicts the present state; `detail` says how. */
        Conflict: {
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
    predict: {
        parameters: {
            query?: {
                /** @description 1: with TreeSHAP contributions; anomalies: for those only. Slower; without it anomalies are explained before they are stored. */
                explain?: "0" | "1" | "anomalies";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["predict_request.schema"];
            };
        };
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
            400: components["responses"]["BadRequest"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    predictBatch: {
        parameters: {
            query?: {
                /** @description 1: with TreeSHAP contributions; anomalies: for those only. Slower; without it anomalies are explained before they are stored. */
                explain?: "0" | "1" | "anomalies";
            };
            header?: {
                /** @description A retry with the same key stores nothing twice. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["predict_batch_request.schema"];
            };
        };
        responses: {
            /** @description One entry per item. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["predict_batch_response.schema"];
                };
            };
            400: components["responses"]["BadRequest"];
            409: components["responses"]["Conflict"];
            413: components["responses"]["TooLarge"];
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
            404: components["responses"]["NotFound"];
            503: components["responses"]["Unavailable"];
        };
    };
    promoteModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    rollbackModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    retireModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    shadowModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
            503: components["responses"]["Unavailable"];
        };
    };
    abModel: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            409: components["responses"]["Conflict"];
            422: components["responses"]["Unprocessable"];
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
            404: components["responses"]["NotFound"];
            422: components["responses"]["Unprocessable"];
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
            503: components["responses"]["Unavailable"];
        };
    };
    addFeedback: {
        parameters: {
            query?: never;
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            404: components["responses"]["NotFound"];
            503: components["responses"]["Unavailable"];
        };
    };
    importFeedback: {
        parameters: {
            query?: {
                /** @description 1: tell only. */
                dry_run?: string;
            };
            header?: {
                /** @description Who, as authenticated by the gateway. */
                "X-Aastreli-User"?: string;
            };
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
            413: components["responses"]["TooLarge"];
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
                    "application/json": Record<string, never>;
                };
            };
        };
    };
}
